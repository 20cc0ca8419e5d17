// Goes on with a search to its end: adds each further step to the list, and counts on where the list is long enough.
{
  const MOST_IN_LIST = 200;
  const PAUSE_AFTER_FAILURE_MS = 5000;
  const found = document.getElementById("found");
  const list = document.getElementById("found-list");
  const part = (id) => document.getElementById(id);

  // The same as `duration` in insights/number_format.py.
  function duration(ms) {
    if (ms < 60000) return ms >= 1000 || ms === 0 ? `${Math.floor(ms / 1000)} s` : "under 1 s";
    const minutes = Math.floor(ms / 60000);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours >= 100) return `${hours.toLocaleString("en")} h`;
    return minutes % 60 ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${hours} h`;
  }

  // Adds the visits of an older step to a page that is in the list already.
  function addTo(page, older) {
    const visits = Number(page.dataset.visits) + Number(older.dataset.visits);
    page.dataset.visits = visits;
    const link = page.querySelector(".found-visits");
    link.textContent = `${visits.toLocaleString("en")} visits`;
    if (link.nextSibling) link.nextSibling.textContent = ", the last on ";
    if (older.dataset.active === "") return;
    page.dataset.active = Number(page.dataset.active) + Number(older.dataset.active);
    page.querySelector(".visit-active").textContent = duration(Number(page.dataset.active));
  }

  function merge(older) {
    const pages = new Map([...list.querySelectorAll("[data-url]")].map((page) => [page.dataset.url, page]));
    for (const section of older.querySelectorAll("section")) {
      const last = list.querySelector("section:last-of-type");
      const isSame = last?.dataset.day === section.dataset.day;
      for (const item of [...section.querySelectorAll("li")]) {
        const known = pages.get(item.dataset.url);
        if (known) addTo(known, item);
        else if (isSame) last.querySelector("ul").append(item);
      }
      if (!isSame && section.querySelector("li")) list.append(section);
    }
  }

  function show(status, share, isDone) {
    part("found-status").textContent = status;
    part("found-status").parentElement.setAttribute("aria-busy", String(!isDone));
    if (isDone) part("found-share")?.remove();
    else if (part("found-share")) part("found-share").value = share;
  }

  async function nextStep(next) {
    const onlyCounts = list.querySelectorAll("li").length >= MOST_IN_LIST;
    const answer = await fetch(`${next}&part=${onlyCounts ? "count" : "list"}`, { redirect: "error" });
    if (answer.status === 429 || answer.status === 503) {
      const seconds = Number(answer.headers.get("Retry-After"));
      await new Promise((done) => setTimeout(done, seconds * 1000 || PAUSE_AFTER_FAILURE_MS));
      return next;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    if (onlyCounts) {
      const step = await answer.json();
      show(step.status, step.share, !step.next);
      return step.next;
    }
    const step = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
    merge(step);
    show(step.querySelector("#found-status").textContent, step.querySelector("#found-share")?.value, !step.dataset.next);
    // The link leads on from the end of the list, also while the visits after it are counted.
    const link = part("found-pager")?.querySelector("[rel=next]");
    const older = step.querySelector("#found-pager [rel=next]");
    if (link && older) link.href = older.getAttribute("href");
    else link?.remove();
    return step.dataset.next;
  }

  async function goOn() {
    let next = found.dataset.next;
    if (next) part("found-status").parentElement.setAttribute("aria-busy", "true");
    try {
      while (next) next = await nextStep(next);
    } catch {
      // The server is away, or the sign-in has ended. The link to search older visits stays.
      part("found-status").parentElement.setAttribute("aria-busy", "false");
    }
  }

  if (found && part("found-status")) goOn();
}
