"""Sites of the demo that a person visits now and then: weights at work and at leisure, minutes, and pages.

One line a site: domain | weight at work | weight at leisure | minutes of a typical visit | path = title | …
"""

from typing import Final

LINES: Final = """
gitlab.com | 4 | 1 | 3 | /garden/planner/-/merge_requests = Merge requests · planner | /garden/planner/-/pipelines = Pipelines · planner
developer.mozilla.org | 6 | 1 | 3 | /en-US/docs/Web/CSS/grid = grid - CSS | /en-US/docs/Web/API/fetch = Window: fetch() method
bitbucket.org | 3 | 1 | 1 | /dashboard/overview = Dashboard — Bitbucket | /garden/planner/ = garden / planner — Bitbucket
codepen.io | 2 | 1 | 1 | /garden/pen/beds = Garden beds in CSS grid
hub.docker.com | 2 | 0 | 1.5 | /_/postgres = postgres - Official Image
figma.com | 4 | 1 | 5 | /files/recent = Recent files – Figma
notion.so | 4 | 1 | 3 | /team-wiki = Team wiki
trello.com | 3 | 1 | 1.5 | /b/release/board = Release board | Trello
linear.app | 3 | 0 | 1.5 | /planner/active = Active issues
zoom.us | 2 | 1 | 6 | /meetings = My meetings - Zoom
meet.google.com | 4 | 1 | 8 | /landing = Google Meet
teams.microsoft.com | 2 | 0 | 3 | /v2/ = Chat | Microsoft Teams
outlook.office.com | 2 | 1 | 2 | /mail/ = Mail - Outlook
drive.google.com | 3 | 2 | 1 | /drive/my-drive = My Drive - Google Drive
realpython.com | 3 | 2 | 4 | /async-io-python/ = Async IO in Python: a walkthrough
djangoproject.com | 2 | 1 | 2 | /weblog/ = News & Events
sqlite.org | 2 | 1 | 3 | /wal.html = Write-Ahead Logging | /lang_upsert.html = UPSERT
kernel.org | 1 | 1 | 2 | /doc/html/latest/ = The Linux Kernel documentation
arxiv.org | 2 | 2 | 4 | /list/cs.DB/recent = Databases: recent submissions
lobste.rs | 2 | 3 | 1.5 | / = Lobsters
lwn.net | 2 | 3 | 4 | /Archives/ = LWN weekly editions
arstechnica.com | 1 | 4 | 3 | /science/ = Science | Ars Technica
spiegel.de | 1 | 5 | 2.5 | /schlagzeilen/ = Schlagzeilen | /wissenschaft/ = Wissenschaft
zeit.de | 1 | 4 | 4 | /index = ZEIT ONLINE | /wochenmarkt/index = Wochenmarkt: Rezepte
tagesschau.de | 1 | 5 | 2 | /inland/ = Inland | / = tagesschau.de
nytimes.com | 1 | 3 | 3 | /section/world = World News | /games/wordle/ = Wordle
reuters.com | 1 | 2 | 2 | /world/ = World | Reuters
apnews.com | 0 | 2 | 2 | /hub/science = Science news
nature.com | 1 | 2 | 4 | /news = Latest science news
quantamagazine.org | 1 | 2 | 6 | /mathematics/ = Mathematics | Quanta Magazine
wikimedia.org | 0 | 1 | 1.5 | /commons = Wikimedia Commons
de.wikipedia.org | 1 | 5 | 4 | /wiki/Bodensee = Bodensee | /wiki/Mauersegler = Mauersegler
wiktionary.org | 1 | 1 | 1 | /wiki/serendipity = serendipity
dict.cc | 3 | 2 | 0.4 | /?s=Zeitzone = Zeitzone | dict.cc
deepl.com | 4 | 2 | 0.8 | /translator = DeepL Translate
leo.org | 2 | 1 | 0.4 | /englisch-deutsch/ = LEO: Englisch ⇔ Deutsch
vimeo.com | 0 | 3 | 6 | /watch = Staff picks on Vimeo
netflix.com | 0 | 5 | 28 | /browse = Netflix
arte.tv | 0 | 4 | 16 | /de/videos/ = Dokumentationen | ARTE
ardmediathek.de | 0 | 4 | 18 | / = ARD Mediathek
twitch.tv | 0 | 2 | 12 | /directory = Browse - Twitch
open.spotify.com | 3 | 4 | 3 | /playlist/focus = Deep focus - playlist | / = Spotify – Web Player
bandcamp.com | 1 | 3 | 4 | /discover = Discover | Bandcamp
soundcloud.com | 1 | 2 | 4 | /discover = Discover music on SoundCloud
mastodon.social | 1 | 5 | 2 | /home = Home - Mastodon | /explore = Explore - Mastodon
bsky.app | 1 | 4 | 2 | / = Home — Bluesky
instagram.com | 0 | 5 | 2.5 | / = Instagram
linkedin.com | 2 | 1 | 1.5 | /feed/ = Feed | LinkedIn
web.whatsapp.com | 1 | 6 | 2 | / = WhatsApp
web.telegram.org | 1 | 3 | 1.5 | /k/ = Telegram Web
discord.com | 0 | 4 | 3 | /channels/@me = Friends - Discord
ebay.de | 0 | 3 | 3 | /b/Fahrradteile = Fahrradteile | eBay
zalando.de | 0 | 2 | 3 | /herren/ = Herrenmode
ikea.com | 0 | 2 | 3.5 | /de/de/cat/regale = Regale - IKEA
thomann.de | 0 | 2 | 3 | /de/gitarren.html = Gitarren
decathlon.de | 0 | 2 | 2.5 | /radfahren = Radfahren
etsy.com | 0 | 2 | 2.5 | /c/home-and-living = Home & Living
idealo.de | 0 | 2 | 1.5 | /preisvergleich = Preisvergleich
kleinanzeigen.de | 0 | 4 | 2.5 | /s-fahrraeder/ = Fahrräder in der Nähe
rewe.de | 0 | 2 | 4 | /shop/ = REWE Lieferservice
chefkoch.de | 0 | 4 | 4 | /rezepte/kuerbissuppe = Kürbissuppe mit Ingwer | /rezepte/zwetschgenkuchen = Zwetschgenkuchen
seriouseats.com | 0 | 2 | 4 | /pizza-dough = Basic pizza dough
immobilienscout24.de | 0 | 2 | 3 | /Suche/ = Wohnungen mit Balkon
wetter.com | 1 | 4 | 0.7 | /konstanz = Wetter Konstanz: 7 Tage
yr.no | 1 | 2 | 0.6 | /en/forecast = Forecast – Yr
maps.google.com | 1 | 5 | 1.5 | /maps = Google Maps
bahn.de | 1 | 4 | 3 | /buchung/ = Fahrplan und Buchung | / = bahn.de
booking.com | 0 | 3 | 4 | /searchresults = Hotels am Bodensee
airbnb.de | 0 | 2 | 4 | /s/ = Unterkünfte
skyscanner.de | 0 | 1 | 3 | / = Günstige Flüge
outdooractive.com | 0 | 2 | 3 | /de/wanderungen = Wanderungen im Allgäu
strava.com | 0 | 4 | 1.5 | /dashboard = Dashboard | Strava
kicker.de | 1 | 3 | 2 | /bundesliga = Bundesliga
sportschau.de | 0 | 3 | 2 | / = Sportschau
paypal.com | 0 | 2 | 1 | /myaccount/summary = PayPal: Summary
ing.de | 0 | 2 | 2 | /banking = Banking
finanztip.de | 0 | 2 | 3 | /stromvergleich/ = Stromanbieter wechseln
elster.de | 0 | 1 | 8 | /eportal/start = Mein ELSTER
chess.com | 1 | 4 | 7 | /play/online = Play chess online
lichess.org | 1 | 5 | 6 | /training = Puzzles • lichess.org | / = lichess.org
boardgamegeek.com | 0 | 2 | 3 | /hotness = The hotness
goodreads.com | 0 | 2 | 2 | /review/list = My books
gutenberg.org | 0 | 1 | 6 | /ebooks/1342 = Pride and Prejudice
coursera.org | 0 | 2 | 9 | /learn/statistics = Statistics: week 3
duolingo.com | 1 | 4 | 4 | /learn = Duolingo: Italian
"""


Site = tuple[int, int, float, tuple[tuple[str, str], ...]]


def sites() -> dict[str, Site]:
    """Return the sites by domain, as `_demo_year.SITES` has them."""
    found: dict[str, Site] = {}
    for line in LINES.strip().split("\n"):
        domain, work, leisure, minutes, pages = line.split(" | ", 4)
        texts = pages.removeprefix("/").split(" | /")
        named = tuple((f"/{path}", title) for path, title in (text.split(" = ", 1) for text in texts))
        found[domain] = (int(work), int(leisure), float(minutes), named)
    return found
