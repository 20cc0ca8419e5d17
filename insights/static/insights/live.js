// Keeps today up to date: reads the page again every minute while it is looked at, and swaps the parts that changed. The
// event "page-refreshed" tells the other scripts.
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
      document.querySelector("main details.choose[open], :popover-open, .is-dragged, [data-is-moving]") !== null ||
      document.activeElement?.matches("main :is(input, select, textarea)") ||
      !document.getSelection()?.isCollapsed
    );
  }

  // The numbers beside the heading of a list change, and the heading does not.
  const nameOf = (details) => (details.querySelector("summary h2") ?? details.querySelector("summary"))?.textContent;

  // What stands in a new part in the place of an element: the link to the same page, or the same one of its kind.
  function twin(fresh, old, element) {
    const url = element.getAttribute("href");
    const [before, after] = [old, fresh].map((part) => [part, ...part.querySelectorAll(element.localName)]);
    return after.find((each) => url !== null && each.getAttribute("href") === url) ?? after[before.indexOf(element)];
  }

  // Leaves open and closed what the person opened and closed, and brings the focus back to where it was.
  function adopt(fresh, old) {
    const folded = new Map([...old.querySelectorAll("details")].map((details) => [nameOf(details), details.open]));
    for (const details of fresh.querySelectorAll("details")) details.open = folded.get(nameOf(details)) ?? details.open;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (focused) twin(fresh, old, focused)?.focus({ preventScroll: true });
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
      if ("liveKeeps" in part.dataset || part.innerHTML === others[place].innerHTML) return;
      adopt(document.adoptNode(others[place]), part);
    });
  }

  // After midnight the view, hour and page of the URL belong to the day before. A URL that names its day keeps showing it.
  function turnOver() {
    const url = new URL(location.href);
    if (Date.now() < Number(live()?.dataset.liveUntil) || /\d{4}-\d\d-\d\d/.test(url.pathname)) return;
    for (const name of ["view", "hour", "page"]) url.searchParams.delete(name);
    if (url.href !== location.href) history.replaceState(null, "", url);
  }

  async function refresh() {
    clearTimeout(timer);
    if (!isInUse()) {
      turnOver();
      const url = location.href;
      try {
        const answer = await fetch(url, { headers: { Accept: "text/html" }, redirect: "error", cache: "no-store" });
        const text = answer.ok ? await answer.text() : "";
        // Meanwhile the person may have moved on, or begun to choose.
        if (text && url === location.href && !isInUse()) {
          swap(text);
          document.dispatchEvent(new Event("page-refreshed"));
        }
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
