"""The sites that the demo's person visits, with weights, lengths of visits, and pages.

A line of a site: domain | weight at work | weight at leisure | minutes of a typical visit. Below it, a line for each page:
path = title. Most sites are well known and have a built-in category; those that end in `.example` have none.
"""

import re
from typing import Final, NamedTuple

LINES: Final = """
github.com | 30 | 5 | 3.5
  /notifications = Notifications
  /parser/guitar = parser/guitar: Chords and scales from a text file
  /parser/guitar/issues = Issues · parser/guitar
  /parser/guitar/issues/412 = Barre chords are drawn one fret too low · Issue #412 · parser/guitar
  /parser/guitar/issues/398 = Print to A4 and Letter · Issue #398 · parser/guitar
  /parser/guitar/pull/415 = Draw barre chords at the fret that is named · Pull Request #415 · parser/guitar
  /parser/guitar/blob/main/chords.py = guitar/chords.py at main · parser/guitar
  /garden/planner/pulls = Pull requests · garden/planner
  /garden/planner/pull/6662 = Keep the queue short while the database is slow · Pull Request #6662 · garden/planner
  /garden/planner/pull/6671 = Sow dates for zones with late frost · Pull Request #6671 · garden/planner
  /garden/planner/issues/6590 = Calendar skips the last week of the year · Issue #6590 · garden/planner
  /garden/planner/actions = Actions · garden/planner
  /django/django/releases = Releases · django/django
  /psycopg/psycopg/discussions = Discussions · psycopg/psycopg
stackoverflow.com | 14 | 2 | 2.5
  /questions/68150143 = How to bound an async queue? - Stack Overflow
  /questions/231767 = What does the yield keyword do in Python? - Stack Overflow
  /questions/4823808 = When does an index-only scan still read the heap? - Stack Overflow
  /questions/53642571 = Center a grid item both ways - Stack Overflow
  /questions/70111401 = Days between two dates across a clock change - Stack Overflow
  /questions/16405213 = Test a function that prints to standard output - Stack Overflow
  /questions/9329446 = Undo the last commit that was not pushed - Stack Overflow
docs.python.org | 9 | 1 | 3
  /3/library/itertools.html = itertools — Functions creating iterators — Python documentation
  /3/library/zoneinfo.html = zoneinfo — IANA time zone support — Python documentation
  /3/library/asyncio-queue.html = Queues — Python documentation
  /3/library/datetime.html = datetime — Basic date and time types — Python documentation
  /3/library/pathlib.html = pathlib — Object-oriented filesystem paths — Python documentation
  /3/whatsnew/ = What’s New in Python
docs.djangoproject.com | 8 | 1 | 3
  /en/5.2/ref/models/querysets/ = QuerySet API reference | Django documentation
  /en/5.2/topics/db/transactions/ = Database transactions | Django documentation
  /en/5.2/ref/templates/builtins/ = Built-in template tags and filters | Django documentation
  /en/5.2/topics/testing/tools/ = Testing tools | Django documentation
  /en/5.2/howto/static-files/ = How to manage static files | Django documentation
postgresql.org | 5 | 1 | 4
  /docs/15/indexes-index-only-scans.html = PostgreSQL: Index-Only Scans and Covering Indexes
  /docs/15/explicit-locking.html = PostgreSQL: Explicit Locking
  /docs/15/functions-datetime.html = PostgreSQL: Date/Time Functions and Operators
  /docs/15/sql-copy.html = PostgreSQL: COPY
mail.google.com | 12 | 8 | 1.5
  /mail/u/0/#inbox = Inbox (3) - Gmail
  /mail/u/0/#inbox/FMfcgz = Minutes of Monday's meeting - Gmail
  /mail/u/0/#sent = Sent Mail - Gmail
app.slack.com | 14 | 1 | 1.2
  /client/T1/C1 = general (Channel) - Planner - Slack
  /client/T1/C2 = releases (Channel) - Planner - Slack
  /client/T1/C3 = help-database (Channel) - Planner - Slack
  /client/T1/C4 = lunch (Channel) - Planner - Slack
calendar.google.com | 5 | 2 | 0.8
  /calendar/u/0/r/week = Google Calendar - This week
  /calendar/u/0/r/month = Google Calendar - This month
docs.google.com | 7 | 2 | 6
  /document/d/1a = Plan for the quarter - Google Docs
  /document/d/3c = Notes of the weekly meeting - Google Docs
  /document/d/4d = How we release - Google Docs
  /spreadsheets/d/2b = Garden budget - Google Sheets
  /presentation/d/5e = Planner: what is new - Google Slides
localhost | 10 | 3 | 1.5
  :8000/ = Planner
  :8000/beds/14 = Bed 14: tomatoes · Planner
  :8000/admin/ = Site administration
en.wikipedia.org | 4 | 12 | 4
  /wiki/Garden = Garden - Wikipedia
  /wiki/Suspension_bridge = Suspension bridge - Wikipedia
  /wiki/Pendulum_clock = Pendulum clock - Wikipedia
  /wiki/Alpine_swift = Alpine swift - Wikipedia
  /wiki/Lake_Constance = Lake Constance - Wikipedia
  /wiki/Crop_rotation = Crop rotation - Wikipedia
  /wiki/Equal_temperament = Equal temperament - Wikipedia
  /wiki/Daylight_saving_time = Daylight saving time - Wikipedia
  /wiki/Bicycle_gearing = Bicycle gearing - Wikipedia
  /wiki/History_of_cartography = History of cartography - Wikipedia
  /wiki/Quince = Quince - Wikipedia
theguardian.com | 2 | 10 | 3.5
  /world = World news | The Guardian
  /science/bees = What bees remember about flowers | Science | The Guardian
  /sport/cycling = Cycling | The Guardian
  /lifeandstyle/gardens = Five jobs for the garden this weekend | Gardens | The Guardian
  /books/reviews = Books + Reviews | The Guardian
  /environment/rivers = The rivers that came back | Environment | The Guardian
bbc.com | 2 | 7 | 2.5
  /news = Home - BBC News
  /news/world/europe = Europe - BBC News
  /weather/2950159 = Weather for the week - BBC Weather
  /culture/bridges = The oldest bridges still in use - BBC Culture
youtube.com | 2 | 18 | 11
  / = YouTube
  /watch?v=2xlrq4n = How to build a dry stone wall - YouTube
  /watch?v=9kf02ma = Concert at the old harbour (full) - YouTube
  /watch?v=p0q1zzd = One pot, three dinners - YouTube
  /watch?v=77ghqpd = Barre chords without pain: lesson 4 - YouTube
  /watch?v=k2vvw0s = Fingerpicking for beginners: lesson 2 - YouTube
  /watch?v=ll03mxa = Prune an apple tree in ten minutes - YouTube
  /watch?v=c81hdne = The night train from Zurich to Hamburg - YouTube
  /watch?v=0f4tqae = How mechanical clocks keep time - YouTube
  /feed/subscriptions = Subscriptions - YouTube
reddit.com | 3 | 14 | 2.5
  /r/cycling = r/cycling
  /r/cycling/comments/1a2 = Which pannier survives rain? : r/cycling
  /r/gardening = r/gardening
  /r/gardening/comments/3b4 = Tomatoes in pots: my first summer : r/gardening
  /r/guitar/comments/5c6 = How long until barre chords stop hurting? : r/guitar
  /r/PostgreSQL/comments/7d8 = Autovacuum settings for a small table : r/PostgreSQL
news.ycombinator.com | 5 | 8 | 1.8
  /news = Hacker News
  /newest = New Links | Hacker News
  /item?id=38100211 = Ask HN: What do you reread? | Hacker News
  /item?id=38104555 = SQLite as the only database of a small shop | Hacker News
  /item?id=38120934 = A clock made of bicycle parts | Hacker News
amazon.com | 1 | 6 | 2.5
  /dp/B00A1 = Garden shears, hardened steel
  /dp/B00B2 = Bicycle pannier, 20 l, waterproof
  /dp/B00C3 = Guitar strings, phosphor bronze
  /gp/cart = Amazon.com Shopping Cart
  /gp/css/order-history = Your Orders
komoot.com | 0 | 5 | 4
  /tour/12 = Around the lake, 48 km | komoot
  /tour/31 = To the waterfall and back, 22 km | komoot
  /plan = Plan a tour | komoot
openstreetmap.org | 1 | 4 | 2.5
  /#map=12/47.6/9.2 = OpenStreetMap
  /way/23 = Way: Lakeside path | OpenStreetMap
duckduckgo.com | 10 | 10 | 0.3
  /?q=bounded+queue+python = bounded queue python at DuckDuckGo
  /?q=tomatoes+in+pots = tomatoes in pots at DuckDuckGo
  /?q=index+only+scan = index only scan at DuckDuckGo
  /?q=barre+chords = barre chords at DuckDuckGo
  /?q=night+train+hamburg = night train hamburg at DuckDuckGo
  /?q=dry+stone+wall = dry stone wall at DuckDuckGo
  /?q=css+grid+center = css grid center at DuckDuckGo
  /?q=quince+jelly+recipe = quince jelly recipe at DuckDuckGo
gitlab.com | 4 | 1 | 3
  /garden/planner/-/merge_requests = Merge requests · planner
  /garden/planner/-/pipelines = Pipelines · planner
  /garden/infra/-/issues = Issues · garden / infra · GitLab
developer.mozilla.org | 6 | 1 | 3
  /en-US/docs/Web/CSS/grid = grid - CSS
  /en-US/docs/Web/API/fetch = Window: fetch() method
  /en-US/docs/Web/API/IndexedDB_API = IndexedDB API - Web APIs
  /en-US/docs/Web/CSS/@media/prefers-color-scheme = prefers-color-scheme - CSS
bitbucket.org | 3 | 1 | 1
  /dashboard/overview = Dashboard — Bitbucket
  /garden/planner/ = garden / planner — Bitbucket
codepen.io | 2 | 1 | 1
  /garden/pen/beds = Garden beds in CSS grid
hub.docker.com | 2 | 0 | 1.5
  /_/postgres = postgres - Official Image
figma.com | 4 | 1 | 5
  /files/recent = Recent files – Figma
notion.so | 4 | 1 | 3
  /team-wiki = Team wiki
trello.com | 3 | 1 | 1.5
  /b/release/board = Release board | Trello
linear.app | 3 | 0 | 1.5
  /planner/active = Active issues
zoom.us | 2 | 1 | 6
  /meetings = My meetings - Zoom
meet.google.com | 4 | 1 | 8
  /landing = Google Meet
teams.microsoft.com | 2 | 0 | 3
  /v2/ = Chat | Microsoft Teams
outlook.office.com | 2 | 1 | 2
  /mail/ = Mail - Outlook
drive.google.com | 3 | 2 | 1
  /drive/my-drive = My Drive - Google Drive
realpython.com | 3 | 2 | 4
  /async-io-python/ = Async IO in Python: a walkthrough
djangoproject.com | 2 | 1 | 2
  /weblog/ = News & Events
sqlite.org | 2 | 1 | 3
  /wal.html = Write-Ahead Logging
  /lang_upsert.html = UPSERT
kernel.org | 1 | 1 | 2
  /doc/html/latest/ = The Linux Kernel documentation
arxiv.org | 2 | 2 | 4
  /list/cs.DB/recent = Databases: recent submissions
lobste.rs | 2 | 3 | 1.5
  / = Lobsters
lwn.net | 2 | 3 | 4
  /Archives/ = LWN weekly editions
arstechnica.com | 1 | 4 | 3
  /science/ = Science | Ars Technica
spiegel.de | 1 | 5 | 2.5
  /schlagzeilen/ = Schlagzeilen
  /wissenschaft/ = Wissenschaft
zeit.de | 1 | 4 | 4
  /index = ZEIT ONLINE
  /wochenmarkt/index = Wochenmarkt: Rezepte
tagesschau.de | 1 | 5 | 2
  /inland/ = Inland
  / = tagesschau.de
nytimes.com | 1 | 3 | 3
  /section/world = World News
  /games/wordle/ = Wordle
reuters.com | 1 | 2 | 2
  /world/ = World | Reuters
apnews.com | 0 | 2 | 2
  /hub/science = Science news
nature.com | 1 | 2 | 4
  /news = Latest science news
quantamagazine.org | 1 | 2 | 6
  /mathematics/ = Mathematics | Quanta Magazine
wikimedia.org | 0 | 1 | 1.5
  /commons = Wikimedia Commons
de.wikipedia.org | 1 | 5 | 4
  /wiki/Bodensee = Bodensee
  /wiki/Mauersegler = Mauersegler
wiktionary.org | 1 | 1 | 1
  /wiki/serendipity = serendipity
dict.cc | 3 | 2 | 0.4
  /?s=Zeitzone = Zeitzone | dict.cc
deepl.com | 4 | 2 | 0.8
  /translator = DeepL Translate
leo.org | 2 | 1 | 0.4
  /englisch-deutsch/ = LEO: Englisch ⇔ Deutsch
vimeo.com | 0 | 3 | 6
  /watch = Staff picks on Vimeo
netflix.com | 0 | 5 | 28
  /browse = Netflix
arte.tv | 0 | 4 | 16
  /de/videos/ = Dokumentationen | ARTE
ardmediathek.de | 0 | 4 | 18
  / = ARD Mediathek
twitch.tv | 0 | 2 | 12
  /directory = Browse - Twitch
open.spotify.com | 3 | 4 | 3
  /playlist/focus = Deep focus - playlist
  / = Spotify – Web Player
bandcamp.com | 1 | 3 | 4
  /discover = Discover | Bandcamp
soundcloud.com | 1 | 2 | 4
  /discover = Discover music on SoundCloud
mastodon.social | 1 | 5 | 2
  /home = Home - Mastodon
  /explore = Explore - Mastodon
bsky.app | 1 | 4 | 2
  / = Home — Bluesky
instagram.com | 0 | 5 | 2.5
  / = Instagram
linkedin.com | 2 | 1 | 1.5
  /feed/ = Feed | LinkedIn
web.whatsapp.com | 1 | 6 | 2
  / = WhatsApp
web.telegram.org | 1 | 3 | 1.5
  /k/ = Telegram Web
discord.com | 0 | 4 | 3
  /channels/@me = Friends - Discord
ebay.de | 0 | 3 | 3
  /b/Fahrradteile = Fahrradteile | eBay
zalando.de | 0 | 2 | 3
  /herren/ = Herrenmode
ikea.com | 0 | 2 | 3.5
  /de/de/cat/regale = Regale - IKEA
thomann.de | 0 | 2 | 3
  /de/gitarren.html = Gitarren
decathlon.de | 0 | 2 | 2.5
  /radfahren = Radfahren
etsy.com | 0 | 2 | 2.5
  /c/home-and-living = Home & Living
idealo.de | 0 | 2 | 1.5
  /preisvergleich = Preisvergleich
kleinanzeigen.de | 0 | 4 | 2.5
  /s-fahrraeder/ = Fahrräder in der Nähe
rewe.de | 0 | 2 | 4
  /shop/ = REWE Lieferservice
chefkoch.de | 0 | 4 | 4
  /rezepte/kuerbissuppe = Kürbissuppe mit Ingwer
  /rezepte/zwetschgenkuchen = Zwetschgenkuchen
seriouseats.com | 0 | 2 | 4
  /pizza-dough = Basic pizza dough
immobilienscout24.de | 0 | 2 | 3
  /Suche/ = Wohnungen mit Balkon
wetter.com | 1 | 4 | 0.7
  /konstanz = Wetter Konstanz: 7 Tage
yr.no | 1 | 2 | 0.6
  /en/forecast = Forecast – Yr
maps.google.com | 1 | 5 | 1.5
  /maps = Google Maps
bahn.de | 1 | 4 | 3
  /buchung/ = Fahrplan und Buchung
  / = bahn.de
booking.com | 0 | 3 | 4
  /searchresults = Hotels am Bodensee
airbnb.de | 0 | 2 | 4
  /s/ = Unterkünfte
skyscanner.de | 0 | 1 | 3
  / = Günstige Flüge
outdooractive.com | 0 | 2 | 3
  /de/wanderungen = Wanderungen im Allgäu
strava.com | 0 | 4 | 1.5
  /dashboard = Dashboard | Strava
kicker.de | 1 | 3 | 2
  /bundesliga = Bundesliga
sportschau.de | 0 | 3 | 2
  / = Sportschau
paypal.com | 0 | 2 | 1
  /myaccount/summary = PayPal: Summary
ing.de | 0 | 2 | 2
  /banking = Banking
finanztip.de | 0 | 2 | 3
  /stromvergleich/ = Stromanbieter wechseln
elster.de | 0 | 1 | 8
  /eportal/start = Mein ELSTER
chess.com | 1 | 4 | 7
  /play/online = Play chess online
lichess.org | 1 | 5 | 6
  /training = Puzzles • lichess.org
  / = lichess.org
boardgamegeek.com | 0 | 2 | 3
  /hotness = The hotness
goodreads.com | 0 | 2 | 2
  /review/list = My books
gutenberg.org | 0 | 1 | 6
  /ebooks/1342 = Pride and Prejudice
coursera.org | 0 | 2 | 9
  /learn/statistics = Statistics: week 3
duolingo.com | 1 | 4 | 4
  /learn = Duolingo: Italian
wiki.planner.example | 8 | 0 | 2.5
  /releases = How to release · Planner wiki
  /on-call = On call: who and how · Planner wiki
  /database = Database: slow queries · Planner wiki
  /holidays = Holidays · Planner wiki
tickets.planner.example | 9 | 0 | 1.4
  /board = Board · Planner tickets
  /PLN-1204 = PLN-1204 Frost dates are off by one day · Planner tickets
  /PLN-1211 = PLN-1211 Beds cannot be rotated · Planner tickets
  /PLN-1219 = PLN-1219 Export to a calendar · Planner tickets
allotments.example | 1 | 5 | 2.5
  / = Lakeside Allotments
  /dates = Dates and duties · Lakeside Allotments
  /water = The pump is repaired · Lakeside Allotments
choir.example | 0 | 3 | 3
  /rehearsals = Rehearsals on Thursday · Old Town Choir
  /scores/magnificat = Magnificat: alto · Old Town Choir
seeds.example | 0 | 4 | 2
  /tomatoes = Old kinds of tomatoes · Seed list
  /swap = Swap in spring · Seed list
library.example | 1 | 3 | 2
  /catalogue?q=clocks = clocks - Town library
  /account = My loans - Town library
slowbikes.example | 0 | 3 | 5
  /hub-gears = Hub gears, opened and explained · Slow Bikes
  /winter = A winter without a car · Slow Bikes
photos.nas.example | 0 | 3 | 4
  /albums/summer = Summer by the lake · Photos
  /albums/garden = The garden, month by month · Photos
"""


class Site(NamedTuple):
    """A site of the demo: how often it is visited at work and at leisure, for how long, and its pages."""

    at_work: int
    at_leisure: int
    minutes: float
    pages: tuple[tuple[str, str], ...]


def _sites() -> dict[str, Site]:
    found: dict[str, Site] = {}
    for block in re.split(r"\n(?=\S)", LINES.strip()):
        head, *pages = block.split("\n")
        domain, at_work, at_leisure, minutes = head.split(" | ")
        titles = [page.strip().split(" = ", 1) for page in pages]
        found[domain] = Site(
            int(at_work), int(at_leisure), float(minutes), tuple((path, title) for path, title in titles)
        )
    return found


SITES: Final = _sites()
