// Keeps today up to date: reads the page again every minute while it is looked at, and swaps the parts that changed.
// In a block, because the scripts of a page share one scope, and others name things alike.
{
  const EVERY_MS = 60_000;
  let timer = 0;

  const live = () => document.querySelector("[data-live-until]");

  function plan() {
    clearTimeout(timer);
    const part = live();
    if (!part || document.hidden) return;
    // A second after midnight, the same URL shows the new day.
    const left = Number(part.dataset.liveUntil) - Date.now() + 1000;
    timer = setTimeout(refresh, left > 0 ? Math.min(left, EVERY_MS) : EVERY_MS);
  }

  function isInUse() {
    return (
      document.querySelector("main details.choose[open], :popover-open") !== null ||
      document.activeElement?.matches("main :is(input, select, textarea)") ||
      !document.getSelection()?.isCollapsed
    );
  }

  // Opens again what was open, and brings the focus back to the link that had it.
  function adopt(fresh, old) {
    for (const details of old.querySelectorAll("details[open]")) {
      const name = details.querySelector("summary")?.textContent;
      const same = [...fresh.querySelectorAll("details")].find((each) => each.querySelector("summary")?.textContent === name);
      if (same) same.open = true;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (!focused) return;
    const key = focused.getAttribute("href");
    const again = key ? [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === key) : null;
    again?.focus({ preventScroll: true });
  }

  function swap(text) {
    const old = live();
    const read = new DOMParser().parseFromString(text, "text/html");
    const fresh = read.querySelector("[data-live-until]") ?? read.querySelector(".live");
    if (!old || !fresh) return;
    document.title = read.title;
    old.dataset.liveUntil = fresh.dataset.liveUntil ?? "";
    if (!fresh.dataset.liveUntil) delete old.dataset.liveUntil;
    const parts = [...old.children];
    const others = [...fresh.children];
    if (parts.length !== others.length) {
      old.replaceChildren(...others);
      return;
    }
    parts.forEach((part, place) => {
      if (part.innerHTML !== others[place].innerHTML) adopt(document.adoptNode(others[place]), part);
    });
  }

  async function refresh() {
    clearTimeout(timer);
    if (!isInUse()) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error", cache: "no-store" });
        if (answer.ok) swap(await answer.text());
      } catch {
        // Offline, or the server is restarting: the next reading will tell.
      }
    }
    plan();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (live()) refresh();
  });
  plan();
}
