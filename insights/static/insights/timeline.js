// Moves and zooms the timeline by dragging, wheel, fingers and keys, keeps the part that is shown in the URL, and shows
// a visit in place. Without scripts the links above the drawing move and zoom, and a visit has a page of its own.
// In a block, because the scripts of a page share one scope, and others name things alike.
{
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360];
  const MOST_TICKS = 9;
  const SVG = "http://www.w3.org/2000/svg";
  // A pointer that moved less than this many pixels has clicked.
  const CLICK_PX = 5;
  const SETTLED_MS = 350;

  // The page may refresh itself and replace the drawing, so it is looked up each time.
  const drawing = () => document.getElementById("lanes");

  /** The part of the day that is shown, and its whole length, in minutes since the day began. */
  function shown(lanes) {
    const [from, to] = lanes.dataset.view.split("-").map(Number);
    return { from, to, whole: Number(lanes.dataset.minutes) };
  }

  /** A part of the length that fits into the day and holds a minute at least. */
  function fitted(from, length, whole) {
    const fits = Math.min(Math.max(length, 1), whole);
    const start = Math.min(Math.max(from, 0), whole - fits);
    return { from: start, to: start + fits };
  }

  function ticks({ from, to }, hours) {
    const step = STEPS.find((each) => to - from <= each * MOST_TICKS) ?? STEPS.at(-1);
    const found = [];
    for (const [start, hour] of hours) {
      if (hour % Math.max(Math.floor(step / 60), 1) !== 0) continue;
      for (let past = 0; past < 60; past += Math.min(step, 60)) {
        const at = start + past;
        if (at >= from && at < to) {
          const text = `${String(hour).padStart(2, "0")}:${String(past).padStart(2, "0")}`;
          found.push({ x: `${((at - from) * 100) / (to - from)}%`, text });
        }
      }
    }
    return found;
  }

  function element(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function draw(lanes, view) {
    const whole = Number(lanes.dataset.minutes);
    lanes.dataset.view = `${view.from}-${view.to}`;
    // A drawing of a part of the day has the places of that part, and is moved from there until the page is read again.
    lanes.dataset.drawn ??= "isPart" in lanes.dataset ? lanes.dataset.first : `0-${whole}`;
    const [start, end] = lanes.dataset.drawn.split("-").map(Number);
    const length = view.to - view.from;
    const zoomed = lanes.querySelector(".zoomed");
    zoomed.setAttribute("x", `${((start - view.from) * 100) / length}%`);
    zoomed.setAttribute("width", `${((end - start) * 100) / length}%`);
    const hours = lanes.dataset.hours.trim().split(" ").map((mark) => mark.split(":").map(Number));
    const marks = ticks(view, hours);
    lanes.querySelector(".tick-lines").replaceChildren(
      ...marks.map(({ x }) => element("line", { class: "grid", x1: x, x2: x, y1: "0", y2: "100%" })));
    lanes.closest(".lanes-box").querySelector(".tick-labels").replaceChildren(...marks.map(({ x, text }) => {
      const label = element("text", { class: "scale", x, y: "12" });
      label.textContent = text;
      return label;
    }));
  }

  let timer = 0;
  let reading = null;
  // The part that the person has chosen here, to the fraction of a minute, which the URL does not hold.
  let chosen = null;

  function show(lanes, from, length) {
    chosen = fitted(from, length, shown(lanes).whole);
    drawChosen(lanes);
    // The page does not refresh itself before the part is in the URL.
    lanes.dataset.isMoving = "";
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED_MS);
  }

  function drawChosen(lanes) {
    lanes.dataset.first ??= lanes.dataset.view;
    draw(lanes, chosen);
  }

  document.addEventListener("page-refreshed", () => {
    const lanes = drawing();
    // The next day begins with its own part.
    if (!new URL(location.href).searchParams.has("view")) chosen = null;
    if (lanes && chosen) drawChosen(lanes);
  });

  /** Puts the part that is shown into the URL, and brings the links and the lists of the page up to it. */
  async function settle() {
    const lanes = drawing();
    if (!lanes) return;
    delete lanes.dataset.isMoving;
    const { from, to, whole } = shown(lanes);
    const [low, high] = [Math.floor(from), Math.min(Math.ceil(to), whole)];
    const url = new URL(location.href);
    for (const name of ["hour", "page"]) url.searchParams.delete(name);
    url.searchParams.set("view", `${low}-${high}`);
    history.replaceState(null, "", url);
    reading?.abort();
    reading = new AbortController();
    try {
      const answer = await fetch(url, { redirect: "error", signal: reading.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["timeline-nav", "timeline-lists"]) adopt(document.getElementById(id), page.getElementById(id));
      if ("isPart" in lanes.dataset) adopt(document.querySelector(".lanes-box"), page.querySelector(".lanes-box"));
    } catch {
      // The server is away or another part was asked for meanwhile; the drawing is as it should be.
    }
  }

  function adopt(old, fresh) {
    if (!old || !fresh) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const again = focused?.dataset.zoom;
    old.replaceWith(document.adoptNode(fresh));
    if (again) fresh.querySelector(`[data-zoom=${again}]`)?.focus();
    else if (focused === old) fresh.focus();
  }

  function zoom(lanes, factor, at = 0.5) {
    const { from, to, whole } = shown(lanes);
    const length = Math.min(Math.max((to - from) * factor, 1), whole);
    show(lanes, from + at * (to - from - length), length);
  }

  function pan(lanes, share) {
    const { from, to } = shown(lanes);
    show(lanes, from + share * (to - from), to - from);
  }

  const lanesOf = (event) => (event.target instanceof Element ? event.target.closest("#lanes") : null);
  const shareAt = (lanes, x) => {
    const box = lanes.getBoundingClientRect();
    return (x - box.left) / box.width;
  };

  document.addEventListener("wheel", (event) => {
    const lanes = lanesOf(event);
    if (!lanes) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      pan(lanes, ((event.deltaX || event.deltaY) * unit) / lanes.clientWidth);
    } else {
      zoom(lanes, Math.exp(event.deltaY * unit * 0.002), shareAt(lanes, event.clientX));
    }
  }, { passive: false });

  // The places of the fingers or of the mouse that are down on the drawing, and how far they have moved.
  const down = new Map();
  let moved = 0;

  document.addEventListener("pointerdown", (event) => {
    if (!lanesOf(event) || event.button !== 0) return;
    if (down.size === 0) moved = 0;
    down.set(event.pointerId, event.clientX);
  });

  document.addEventListener("pointermove", (event) => {
    const lanes = drawing();
    const before = down.get(event.pointerId);
    if (before === undefined || !lanes) return;
    if (event.buttons === 0) {
      // The button was released outside the window.
      down.clear();
      lanes.classList.remove("is-dragged");
      return;
    }
    moved += Math.abs(event.clientX - before);
    if (moved < CLICK_PX) return;
    lanes.classList.add("is-dragged");
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
    if (others.length === 0) {
      pan(lanes, shareAt(lanes, before) - shareAt(lanes, event.clientX));
    } else {
      const [fixed] = others;
      const [was, is] = [Math.abs(before - fixed), Math.abs(event.clientX - fixed)];
      if (is > 8) zoom(lanes, was / is, shareAt(lanes, fixed));
    }
    down.set(event.pointerId, event.clientX);
  });

  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, (event) => {
      if (down.delete(event.pointerId) && down.size === 0) drawing()?.classList.remove("is-dragged");
    });
  }
  document.addEventListener("dragstart", (event) => {
    if (lanesOf(event)) event.preventDefault();
  });

  const FACTORS = { "+": 0.5, "=": 0.5, "-": 2 };
  document.addEventListener("keydown", (event) => {
    const lanes = event.target instanceof Element && event.target.matches(".lanes-box") ? drawing() : null;
    if (!lanes || event.altKey || event.ctrlKey || event.metaKey || !(event.key in FACTORS)) return;
    event.preventDefault();
    zoom(lanes, FACTORS[event.key]);
  });

  const MOVES = {
    earlier: (lanes) => pan(lanes, -0.5),
    later: (lanes) => pan(lanes, 0.5),
    closer: (lanes) => zoom(lanes, 0.5),
    wider: (lanes) => zoom(lanes, 2),
  };

  document.addEventListener("click", (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && event.button === 0;
    const lanes = drawing();
    if (!lanes || !(event.target instanceof Element) || !isPlain) return;
    const move = event.target.closest("[data-zoom]");
    const visit = event.target.closest("#lanes a");
    if (move) {
      event.preventDefault();
      MOVES[move.dataset.zoom](lanes);
    } else if (visit) {
      event.preventDefault();
      // The end of a drag is a click too.
      if (moved < CLICK_PX) showVisit(visit.href.baseVal);
    } else if (event.target.closest("#visit-details-close")) {
      document.getElementById("visit-details").hidden = true;
      document.querySelector(".lanes-box").focus();
    }
  });

  async function showVisit(url) {
    const panel = document.getElementById("visit-details");
    try {
      const answer = await fetch(url, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const title = document.createElement("h2");
      const link = document.createElement("a");
      link.href = url;
      link.textContent = page.querySelector("h1").textContent.trim();
      const close = document.createElement("button");
      close.id = "visit-details-close";
      close.type = "button";
      close.textContent = "Close";
      title.append(link, close);
      const facts = document.adoptNode(page.querySelector("dl.facts"));
      // The definitions have names that this page may have already.
      for (const part of facts.querySelectorAll(".definition-button, .definition")) part.remove();
      panel.replaceChildren(title, facts);
      panel.hidden = false;
      panel.scrollIntoView({ block: "nearest" });
    } catch {
      // The page of the visit says what is wrong.
      location.href = url;
    }
  }
}
