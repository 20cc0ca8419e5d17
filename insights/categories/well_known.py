"""The built-in categories of well-known sites. An entry stands for the site and its subdomains.

`amazon.com|de|co.uk` stands for amazon.com, amazon.de and amazon.co.uk. The longest entry that fits a site decides, so
mail.google.com may stand beside google.com.
"""

from typing import Final

SITES: Final = {
    "development": """
        github.com github.io githubusercontent.com gitlab.com gitlab.io bitbucket.org codeberg.org sourceforge.net
        sr.ht gitea.com stackoverflow.com serverfault.com superuser.com askubuntu.com dev.to hashnode.com codepen.io
        jsfiddle.net codesandbox.io stackblitz.com replit.com glitch.com leetcode.com hackerrank.com codewars.com
        exercism.org adventofcode.com docs.rs
        docker.com kubernetes.io python.org realpython.com djangoproject.com
        flask.palletsprojects.com readthedocs.io readthedocs.org fastapi.tiangolo.com rust-lang.org go.dev golang.org
        nodejs.org deno.land deno.com bun.sh typescriptlang.org react.dev vuejs.org angular.dev angular.io svelte.dev
        nextjs.org tailwindcss.com developer.mozilla.org caniuse.com web.dev w3.org whatwg.org developer.chrome.com
        developer.apple.com developer.android.com developers.google.com learn.microsoft.com visualstudio.com
        jetbrains.com php.net ruby-lang.org rubyonrails.org laravel.com kotlinlang.org scala-lang.org haskell.org
        elixir-lang.org cppreference.com gnu.org kernel.org debian.org ubuntu.com archlinux.org fedoraproject.org
        nixos.org postgresql.org mysql.com mariadb.org sqlite.org redis.io mongodb.com elastic.co grafana.com
        prometheus.io sentry.io circleci.com travis-ci.com jenkins.io vercel.com netlify.com heroku.com fly.io
        render.com digitalocean.com hetzner.com linode.com cloudflare.com aws.amazon.com cloud.google.com
        portal.azure.com azure.microsoft.com huggingface.co kaggle.com colab.research.google.com jupyter.org
        regex101.com godbolt.org postman.com swagger.io terraform.io ansible.com nginx.org apache.org localhost
    """,
    "work": """
        docs.google.com drive.google.com sheets.google.com slides.google.com calendar.google.com keep.google.com
        workspace.google.com notion.so notion.site trello.com asana.com monday.com clickup.com linear.app
        atlassian.com atlassian.net jira.com basecamp.com airtable.com coda.io todoist.com evernote.com miro.com
        figma.com canva.com lucidchart.com lucid.app office.com microsoft365.com sharepoint.com onedrive.live.com
        dropbox.com box.com wetransfer.com nextcloud.com overleaf.com smartsheet.com zapier.com salesforce.com
        hubspot.com zendesk.com servicenow.com workday.com personio.com personio.de bamboohr.com docusign.com
        calendly.com doodle.com typeform.com surveymonkey.com harvest.com toggl.com clockify.me grammarly.com
        deepl.com chatgpt.com openai.com claude.ai gemini.google.com perplexity.ai copilot.microsoft.com adobe.com
        sketch.com invisionapp.com mural.co sap.com oracle.com datev.de
    """,
    "communication": """
        mail.google.com gmail.com chat.google.com meet.google.com messages.google.com outlook.com outlook.live.com
        outlook.office.com outlook.office365.com teams.microsoft.com teams.live.com slack.com zoom.us webex.com
        whatsapp.com telegram.org t.me signal.org discord.com messenger.com skype.com element.io matrix.to threema.ch
        proton.me protonmail.com mail.yahoo.com tutanota.com tuta.com fastmail.com hey.com gmx.net gmx.de web.de
        mailbox.org posteo.de icloud.com zoho.com mail.ru mattermost.com rocket.chat gather.town jitsi.org meet.jit.si
        whereby.com groups.google.com groups.io
    """,
    "reference": """
        google.com|de|fr|es|it|nl|pl|se|ch|at|be|ca|co.uk|co.in|co.jp|com.au|com.br|com.mx|com.tr bing.com
        duckduckgo.com startpage.com ecosia.org qwant.com search.brave.com kagi.com yandex.com|ru baidu.com ask.com
        search.yahoo.com wikipedia.org wiktionary.org wikimedia.org wikidata.org wikibooks.org wikiquote.org
        wikivoyage.org wikisource.org britannica.com dictionary.com merriam-webster.com thesaurus.com dict.cc leo.org
        linguee.com|de reverso.net duden.de dwds.de larousse.fr rae.es wolframalpha.com archive.org gutenberg.org
        goodreads.com librarything.com worldcat.org jstor.org arxiv.org biorxiv.org medrxiv.org ncbi.nlm.nih.gov
        nature.com science.org sciencedirect.com springer.com wiley.com tandfonline.com acm.org ieee.org plos.org
        researchgate.net academia.edu semanticscholar.org ssrn.com quantamagazine.org khanacademy.org coursera.org
        edx.org udemy.com udacity.com futurelearn.com brilliant.org duolingo.com babbel.com memrise.com busuu.com
        quizlet.com ankiweb.net codecademy.com freecodecamp.org datacamp.com pluralsight.com skillshare.com
        masterclass.com moodle.org instructure.com blackboard.com mit.edu stanford.edu harvard.edu ox.ac.uk cam.ac.uk
        stackexchange.com mathoverflow.net quora.com howstuffworks.com wikihow.com ted.com oreilly.com manning.com
    """,
    "news": """
        nytimes.com washingtonpost.com wsj.com bloomberg.com reuters.com apnews.com bbc.com|co.uk theguardian.com
        ft.com economist.com cnn.com nbcnews.com cbsnews.com abcnews.go.com foxnews.com usatoday.com latimes.com
        npr.org pbs.org politico.com|eu axios.com time.com newsweek.com theatlantic.com newyorker.com vox.com
        slate.com huffpost.com businessinsider.com|de forbes.com cnbc.com marketwatch.com independent.co.uk
        telegraph.co.uk thetimes.co.uk thetimes.com dailymail.co.uk mirror.co.uk thesun.co.uk metro.co.uk sky.com
        aljazeera.com dw.com france24.com euronews.com lemonde.fr lefigaro.fr liberation.fr elpais.com elmundo.es
        corriere.it repubblica.it spiegel.de zeit.de faz.net sueddeutsche.de welt.de bild.de taz.de tagesschau.de
        zdf.de heute.de n-tv.de focus.de stern.de tagesspiegel.de handelsblatt.com heise.de golem.de t3n.de
        derstandard.at diepresse.com orf.at nzz.ch srf.ch 20min.ch nu.nl nos.nl volkskrant.nl nrc.nl svt.se dn.se
        aftonbladet.se nrk.no vg.no yle.fi hs.fi dr.dk politiken.dk cbc.ca theglobeandmail.com abc.net.au smh.com.au
        timesofindia.indiatimes.com thehindu.com ndtv.com japantimes.co.jp nhk.or.jp scmp.com straitstimes.com
        news.google.com yahoo.com msn.com news.ycombinator.com lobste.rs slashdot.org lwn.net arstechnica.com
        theverge.com wired.com techcrunch.com engadget.com zdnet.com theregister.com 404media.co medium.com
        substack.com feedly.com inoreader.com flipboard.com pressreader.com
    """,
    "social": """
        facebook.com instagram.com threads.com twitter.com x.com tiktok.com reddit.com linkedin.com
        pinterest.com|de|co.uk snapchat.com tumblr.com mastodon.social mastodon.online fosstodon.org hachyderm.io
        bsky.app lemmy.world vk.com ok.ru weibo.com nextdoor.com|de meetup.com xing.com tinder.com bumble.com
        okcupid.com hinge.co imgur.com 9gag.com 4chan.org deviantart.com flickr.com patreon.com ko-fi.com
        kickstarter.com
    """,
    "video": """
        youtube.com youtu.be youtube-nocookie.com netflix.com primevideo.com disneyplus.com hulu.com max.com
        hbomax.com paramountplus.com peacocktv.com tv.apple.com crunchyroll.com twitch.tv kick.com vimeo.com
        dailymotion.com bilibili.com rumble.com odysee.com plex.tv mubi.com arte.tv ardmediathek.de joyn.de rtl.de
        waipu.tv magentatv.de zattoo.com itv.com channel4.com imdb.com rottentomatoes.com letterboxd.com
        themoviedb.org justwatch.com trakt.tv spotify.com soundcloud.com bandcamp.com tidal.com deezer.com
        music.apple.com music.amazon.com last.fm mixcloud.com discogs.com genius.com pandora.com audible.com|de
        podcasts.apple.com overcast.fm pocketcasts.com tunein.com radio.garden radio.net radioparadise.com
        ultimate-guitar.com musescore.com
    """,
    "games": """
        steampowered.com steamcommunity.com epicgames.com gog.com itch.io roblox.com minecraft.net xbox.com
        playstation.com nintendo.com|de|co.uk ea.com ubisoft.com blizzard.com battle.net leagueoflegends.com
        riotgames.com chess.com lichess.org boardgamearena.com boardgamegeek.com pokerstars.com geoguessr.com
        sporcle.com kongregate.com poki.com crazygames.com miniclip.com addictinggames.com ign.com gamespot.com
        pcgamer.com polygon.com kotaku.com eurogamer.net gamestar.de fandom.com nexusmods.com humblebundle.com
        speedrun.com howlongtobeat.com fantasy.premierleague.com jetpunk.com
    """,
    "shopping": """
        amazon.com|de|co.uk|fr|it|es|nl|pl|se|ca|co.jp|in|com.au|com.br|com.mx|com.tr|com.be
        ebay.com|de|co.uk|fr|it|es|ca|com.au etsy.com aliexpress.com alibaba.com temu.com shein.com walmart.com
        target.com bestbuy.com costco.com homedepot.com lowes.com wayfair.com|de|co.uk ikea.com
        zalando.com|de|co.uk|fr|it|es|nl|pl asos.com hm.com zara.com uniqlo.com aboutyou.de otto.de mediamarkt.de
        saturn.de alternate.de mindfactory.de notebooksbilliger.de conrad.de reichelt.de thomann.de kleinanzeigen.de
        ebay-kleinanzeigen.de vinted.com|de|fr|co.uk momox.de rebuy.de idealo.de geizhals.de|at|eu check24.de
        billiger.de mydealz.de dealabs.com slickdeals.net craigslist.org gumtree.com leboncoin.fr marktplaats.nl
        allegro.pl bol.com coolblue.nl argos.co.uk johnlewis.com tesco.com sainsburys.co.uk ocado.com rewe.de edeka.de
        aldi.com lidl.com|de dm.de rossmann.de obi.de bauhaus.info hornbach.de toom.de decathlon.com|de|fr|co.uk
        newegg.com bhphotovideo.com flipkart.com rakuten.com|co.jp mercadolibre.com mercadolivre.com.br apple.com
        store.google.com instacart.com thalia.de hugendubel.de bookshop.org abebooks.com shopify.com
    """,
    "money": """
        paypal.com wise.com revolut.com n26.com stripe.com venmo.com cash.app klarna.com ing.de|com|nl dkb.de
        comdirect.de commerzbank.de deutsche-bank.de sparkasse.de volksbank.de postbank.de consorsbank.de
        traderepublic.com scalable.capital chase.com bankofamerica.com wellsfargo.com citibank.com citi.com
        capitalone.com americanexpress.com hsbc.com|co.uk barclays.co.uk lloydsbank.com natwest.com
        santander.com|co.uk monzo.com starlingbank.com bnpparibas.com ubs.com postfinance.ch raiffeisen.ch
        fidelity.com vanguard.com schwab.com etrade.com robinhood.com interactivebrokers.com coinbase.com binance.com
        kraken.com coingecko.com coinmarketcap.com tradingview.com investing.com finance.yahoo.com finanzen.net
        onvista.de finanztip.de ariva.de morningstar.com seekingalpha.com intuit.com ynab.com elster.de irs.gov gov.uk
        usa.gov bund.de arbeitsagentur.de europa.eu impots.gouv.fr service-public.fr digid.nl allianz.de huk.de
        verivox.de schufa.de indeed.com|de stepstone.de glassdoor.com monster.com
    """,
    "travel": """
        maps.google.com maps.google.de openstreetmap.org maps.apple.com waze.com here.com mapy.cz komoot.com|de
        outdooractive.com alltrails.com booking.com airbnb.com|de|co.uk|fr|it|es expedia.com|de|co.uk hotels.com
        agoda.com trivago.com|de kayak.com|de skyscanner.com|net|de momondo.com|de tripadvisor.com|de|co.uk vrbo.com
        hostelworld.com couchsurfing.com holidaycheck.de tui.com|de ryanair.com easyjet.com lufthansa.com
        britishairways.com klm.com airfrance.com|fr delta.com united.com aa.com southwest.com emirates.com
        eurowings.com wizzair.com bahn.de sbb.ch oebb.at sncf-connect.com trainline.com thetrainline.com
        nationalrail.co.uk ns.nl amtrak.com interrail.eu flixbus.com|de uber.com lyft.com bolt.eu blablacar.com|de|fr
        rome2rio.com seat61.com lonelyplanet.com flightradar24.com vvs.de bvg.de mvv-muenchen.de tfl.gov.uk mta.info
        sixt.com|de hertz.com europcar.com
    """,
    "life": """
        weather.com wetter.com wetter.de wetteronline.de yr.no windy.com accuweather.com wunderground.com dwd.de
        metoffice.gov.uk meteoschweiz.admin.ch strava.com garmin.com fitbit.com myfitnesspal.com zwift.com espn.com
        skysports.com nba.com nfl.com mlb.com nhl.com fifa.com uefa.com kicker.de sport1.de sportschau.de
        transfermarkt.com|de flashscore.com sofascore.com formula1.com cyclingnews.com runnersworld.com webmd.com
        mayoclinic.org nhs.uk healthline.com netdoktor.de apotheken-umschau.de doctolib.de|fr jameda.de cdc.gov
        who.int headspace.com calm.com allrecipes.com seriouseats.com bonappetit.com epicurious.com bbcgoodfood.com
        food.com foodnetwork.com chefkoch.de lecker.de marmiton.org smittenkitchen.com lieferando.de doordash.com
        ubereats.com deliveroo.co.uk just-eat.co.uk grubhub.com opentable.com|de yelp.com|de hellofresh.com|de
        zillow.com realtor.com redfin.com rightmove.co.uk zoopla.co.uk immobilienscout24.de immowelt.de wg-gesucht.de
        houzz.com|de apartmenttherapy.com gardenersworld.com mein-schoener-garten.de babycenter.com eltern.de
        ancestry.com|de familysearch.org
    """,
}


def categories_by_site() -> dict[str, str]:
    """Return the category of each site of the table."""
    found: dict[str, str] = {}
    for category, entries in SITES.items():
        for entry in entries.split():
            first, *others = entry.split("|")
            name = first.partition(".")[0]
            for site in (first, *(f"{name}.{ending}" for ending in others)):
                found[site] = category
    return found
