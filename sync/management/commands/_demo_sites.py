"""Sites of the demo that a person visits now and then: category, weights at work and at leisure, minutes, and pages.

One line a site: domain | category | weight at work | weight at leisure | minutes of a typical visit | path = title | …
"""

from typing import Final

LINES: Final = """
gitlab.com | work_coding | 4 | 1 | 3 | /garden/planner/-/merge_requests = Merge requests · planner | /garden/planner/-/pipelines = Pipelines · planner
developer.mozilla.org | reference | 6 | 1 | 3 | /en-US/docs/Web/CSS/grid = grid - CSS | /en-US/docs/Web/API/fetch = Window: fetch() method
pypi.org | work_coding | 3 | 1 | 1 | /project/django/ = Django · PyPI | /project/hypothesis/ = hypothesis · PyPI
npmjs.com | work_coding | 2 | 1 | 1 | /package/eslint = eslint - npm
hub.docker.com | work_coding | 2 | 0 | 1.5 | /_/postgres = postgres - Official Image
figma.com | work_documentation | 4 | 1 | 5 | /files/recent = Recent files – Figma
notion.so | work_documentation | 4 | 1 | 3 | /team-wiki = Team wiki
trello.com | work_documentation | 3 | 1 | 1.5 | /b/release/board = Release board | Trello
linear.app | work_documentation | 3 | 0 | 1.5 | /planner/active = Active issues
zoom.us | work_communication | 2 | 1 | 6 | /meetings = My meetings - Zoom
meet.google.com | work_communication | 4 | 1 | 8 | /landing = Google Meet
teams.microsoft.com | work_communication | 2 | 0 | 3 | /v2/ = Chat | Microsoft Teams
outlook.office.com | work_communication | 2 | 1 | 2 | /mail/ = Mail - Outlook
drive.google.com | work_documentation | 3 | 2 | 1 | /drive/my-drive = My Drive - Google Drive
realpython.com | learning_reading | 3 | 2 | 4 | /async-io-python/ = Async IO in Python: a walkthrough
djangoproject.com | reference | 2 | 1 | 2 | /weblog/ = News & Events
sqlite.org | reference | 2 | 1 | 3 | /wal.html = Write-Ahead Logging | /lang_upsert.html = UPSERT
kernel.org | reference | 1 | 1 | 2 | /doc/html/latest/ = The Linux Kernel documentation
arxiv.org | learning_reading | 2 | 2 | 4 | /list/cs.DB/recent = Databases: recent submissions
lobste.rs | news | 2 | 3 | 1.5 | / = Lobsters
lwn.net | news | 2 | 3 | 4 | /Archives/ = LWN weekly editions
arstechnica.com | news | 1 | 4 | 3 | /science/ = Science | Ars Technica
spiegel.de | news | 1 | 5 | 2.5 | /schlagzeilen/ = Schlagzeilen | /wissenschaft/ = Wissenschaft
zeit.de | news | 1 | 4 | 4 | /index = ZEIT ONLINE | /wochenmarkt/index = Wochenmarkt: Rezepte
tagesschau.de | news | 1 | 5 | 2 | /inland/ = Inland | / = tagesschau.de
nytimes.com | news | 1 | 3 | 3 | /section/world = World News | /games/wordle/ = Wordle
reuters.com | news | 1 | 2 | 2 | /world/ = World | Reuters
apnews.com | news | 0 | 2 | 2 | /hub/science = Science news
nature.com | learning_reading | 1 | 2 | 4 | /news = Latest science news
quantamagazine.org | learning_reading | 1 | 2 | 6 | /mathematics/ = Mathematics | Quanta Magazine
wikimedia.org | reference | 0 | 1 | 1.5 | /commons = Wikimedia Commons
de.wikipedia.org | reference | 1 | 5 | 4 | /wiki/Bodensee = Bodensee | /wiki/Mauersegler = Mauersegler
wiktionary.org | reference | 1 | 1 | 1 | /wiki/serendipity = serendipity
dict.cc | reference | 3 | 2 | 0.4 | /?s=Zeitzone = Zeitzone | dict.cc
deepl.com | reference | 4 | 2 | 0.8 | /translator = DeepL Translate
leo.org | reference | 2 | 1 | 0.4 | /englisch-deutsch/ = LEO: Englisch ⇔ Deutsch
vimeo.com | entertainment_video | 0 | 3 | 6 | /watch = Staff picks on Vimeo
netflix.com | entertainment_video | 0 | 5 | 28 | /browse = Netflix
arte.tv | entertainment_video | 0 | 4 | 16 | /de/videos/ = Dokumentationen | ARTE
ardmediathek.de | entertainment_video | 0 | 4 | 18 | / = ARD Mediathek
twitch.tv | entertainment_video | 0 | 2 | 12 | /directory = Browse - Twitch
open.spotify.com | entertainment_music | 3 | 4 | 3 | /playlist/focus = Deep focus - playlist | / = Spotify – Web Player
bandcamp.com | entertainment_music | 1 | 3 | 4 | /discover = Discover | Bandcamp
soundcloud.com | entertainment_music | 1 | 2 | 4 | /discover = Discover music on SoundCloud
mastodon.social | social_media | 1 | 5 | 2 | /home = Home - Mastodon | /explore = Explore - Mastodon
bsky.app | social_media | 1 | 4 | 2 | / = Home — Bluesky
instagram.com | social_media | 0 | 5 | 2.5 | / = Instagram
linkedin.com | social_media | 2 | 1 | 1.5 | /feed/ = Feed | LinkedIn
web.whatsapp.com | personal_communication | 1 | 6 | 2 | / = WhatsApp
web.telegram.org | personal_communication | 1 | 3 | 1.5 | /k/ = Telegram Web
discord.com | personal_communication | 0 | 4 | 3 | /channels/@me = Friends - Discord
ebay.de | shopping | 0 | 3 | 3 | /b/Fahrradteile = Fahrradteile | eBay
zalando.de | shopping | 0 | 2 | 3 | /herren/ = Herrenmode
ikea.com | shopping | 0 | 2 | 3.5 | /de/de/cat/regale = Regale - IKEA
thomann.de | shopping | 0 | 2 | 3 | /de/gitarren.html = Gitarren
decathlon.de | shopping | 0 | 2 | 2.5 | /radfahren = Radfahren
etsy.com | shopping | 0 | 2 | 2.5 | /c/home-and-living = Home & Living
idealo.de | shopping | 0 | 2 | 1.5 | /preisvergleich = Preisvergleich
kleinanzeigen.de | shopping | 0 | 4 | 2.5 | /s-fahrraeder/ = Fahrräder in der Nähe
rewe.de | shopping | 0 | 2 | 4 | /shop/ = REWE Lieferservice
chefkoch.de | home | 0 | 4 | 4 | /rezepte/kuerbissuppe = Kürbissuppe mit Ingwer | /rezepte/zwetschgenkuchen = Zwetschgenkuchen
seriouseats.com | home | 0 | 2 | 4 | /pizza-dough = Basic pizza dough
immobilienscout24.de | home | 0 | 2 | 3 | /Suche/ = Wohnungen mit Balkon
wetter.com | weather | 1 | 4 | 0.7 | /konstanz = Wetter Konstanz: 7 Tage
yr.no | weather | 1 | 2 | 0.6 | /en/forecast = Forecast – Yr
maps.google.com | travel | 1 | 5 | 1.5 | /maps = Google Maps
bahn.de | travel | 1 | 4 | 3 | /buchung/ = Fahrplan und Buchung | / = bahn.de
booking.com | travel | 0 | 3 | 4 | /searchresults = Hotels am Bodensee
airbnb.de | travel | 0 | 2 | 4 | /s/ = Unterkünfte
skyscanner.de | travel | 0 | 1 | 3 | / = Günstige Flüge
outdooractive.com | travel | 0 | 2 | 3 | /de/wanderungen = Wanderungen im Allgäu
strava.com | sport | 0 | 4 | 1.5 | /dashboard = Dashboard | Strava
kicker.de | sport | 1 | 3 | 2 | /bundesliga = Bundesliga
sportschau.de | sport | 0 | 3 | 2 | / = Sportschau
paypal.com | finance | 0 | 2 | 1 | /myaccount/summary = PayPal: Summary
ing.de | finance | 0 | 2 | 2 | /banking = Banking
finanztip.de | finance | 0 | 2 | 3 | /stromvergleich/ = Stromanbieter wechseln
elster.de | finance | 0 | 1 | 8 | /eportal/start = Mein ELSTER
chess.com | entertainment_games | 1 | 4 | 7 | /play/online = Play chess online
lichess.org | entertainment_games | 1 | 5 | 6 | /training = Puzzles • lichess.org | / = lichess.org
boardgamegeek.com | entertainment_games | 0 | 2 | 3 | /hotness = The hotness
goodreads.com | learning_reading | 0 | 2 | 2 | /review/list = My books
gutenberg.org | learning_reading | 0 | 1 | 6 | /ebooks/1342 = Pride and Prejudice
coursera.org | learning_reading | 0 | 2 | 9 | /learn/statistics = Statistics: week 3
duolingo.com | learning_reading | 1 | 4 | 4 | /learn = Duolingo: Italian
"""


Site = tuple[str | None, int, int, float, tuple[tuple[str, str], ...]]


def sites() -> dict[str, Site]:
    """Return the sites by domain, as `_demo_year.SITES` has them."""
    found: dict[str, Site] = {}
    for line in LINES.strip().split("\n"):
        domain, category, work, leisure, minutes, pages = line.split(" | ", 5)
        texts = pages.removeprefix("/").split(" | /")
        named = tuple((f"/{path}", title) for path, title in (text.split(" = ", 1) for text in texts))
        found[domain] = (category, int(work), int(leisure), float(minutes), named)
    return found
