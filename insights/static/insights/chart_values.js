// Shows the values of a chart at once: under the pointer, under a finger, and by keyboard. The values are the titles of
// the drawing's parts, which browsers alone would show late, and never on touch. Without scripts the tables have them.
(() => {
  const PARTS = ".bars .bar, .calendar rect, .week td[class], .tab-axis a";
  const card = document.createElement("div");
  card.className = "value-card";
  card.hidden = true;
  card.setAttribute("role", "status");
  let shown = null;
  // The part that the keys have reached. It stays when the focus leaves the chart, as it does when the page refreshes itself.
  let reached = null;

  /** The words of a part. Its title moves to an attribute of its own, or the browser would show it a second time. */
  function wordsOf(part) {
    if (part.matches("td")) {
      return hourInWords(part);
    }
    const title = part.querySelector("title");
    if (title) {
      part.dataset.value = title.textContent.trim();
      title.remove();
    }
    return part.dataset.value ?? "";
  }

  /** The words of an hour of the week, such as “Monday 09–10: 25 min”. */
  function hourInWords(cell) {
    const day = cell.parentElement.querySelector("abbr").title;
    const [from, to] = [cell.cellIndex - 1, cell.cellIndex].map((hour) => String(hour).padStart(2, "0"));
    return `${day} ${from}–${to}: ${cell.textContent.trim()}`;
  }

  function show(part) {
    if (part === shown) {
      return;
    }
    shown?.classList.remove("is-shown");
    shown = part;
    card.hidden = part === null;
    if (part === null) {
      return;
    }
    part.classList.add("is-shown");
    aimAtDay(part);
    card.textContent = wordsOf(part);
    place(part);
  }

  /** Lets the link around a day of the calendar lead to this day. Without scripts it leads to the day's week. */
  function aimAtDay(part) {
    const calendar = part.closest(".calendar");
    if (!calendar) {
      return;
    }
    const url = calendar.dataset.firstDay;
    const [first] = url.match(/\d{4}-\d\d-\d\d/);
    const day = new Date(Date.parse(first) + [...calendar.querySelectorAll("rect")].indexOf(part) * 86_400_000);
    part.closest("a").setAttribute("href", url.replace(first, day.toISOString().slice(0, 10)));
  }

  function place(part) {
    const box = (part.querySelector("rect") ?? part).getBoundingClientRect();
    const left = box.left + box.width / 2 - card.offsetWidth / 2;
    card.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - card.offsetWidth - 8))}px`;
    const above = box.top - card.offsetHeight - 8;
    card.style.top = `${above < 8 ? box.bottom + 8 : above}px`;
  }

  function partAt(event) {
    return event.target instanceof Element ? event.target.closest(PARTS) : null;
  }

  document.addEventListener("pointerover", (event) => show(partAt(event)));
  document.addEventListener("pointerdown", (event) => show(partAt(event)));
  document.addEventListener("scroll", () => shown && place(shown), { passive: true, capture: true });

  /** The place of a part, or of one that stands for the same since the page refreshed itself; -1 without any. */
  function placeOf(part, parts) {
    const url = part?.getAttribute("href");
    return parts.findIndex((each) => each === part || (Boolean(url) && each.getAttribute("href") === url));
  }

  /** The chart that an element is. Pages that refresh themselves replace their charts, so none is kept. */
  function chartOf(element) {
    const parts = element instanceof Element && element.matches(".chart-box, .scroll") ? [...element.querySelectorAll(PARTS)] : [];
    const at = placeOf(shown ?? reached, parts);
    return { parts, at: at < 0 ? parts.length - 1 : at };
  }

  function reach(part) {
    reached = part;
    show(part);
  }

  document.addEventListener("page-refreshed", () => {
    if (shown && !shown.isConnected) {
      const parts = [...document.querySelectorAll(PARTS)];
      show(parts[placeOf(shown, parts)] ?? null);
    }
  });

  document.addEventListener("focusin", (event) => {
    const { parts, at } = chartOf(event.target);
    if (parts.length > 0 && event.target.matches(":focus-visible")) {
      reach(parts[at]);
    } else {
      show(null);
    }
  });
  document.addEventListener("focusout", () => show(null));
  document.addEventListener("keydown", (event) => {
    const chart = event.target;
    const { parts, at } = chartOf(chart);
    if (parts.length === 0 || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    // A row of the week is 24 hours, and a column of the calendar seven days.
    const [across, down] = chart.querySelector(".calendar") ? [7, 1] : [1, chart.querySelector(".week") ? 24 : 1];
    const steps = { ArrowLeft: -across, ArrowRight: across, ArrowUp: -down, ArrowDown: down };
    if (event.key === "Enter") {
      const link = parts[at].closest("a") ?? parts[at].querySelector("a");
      if (link) {
        location.href = link.href.baseVal ?? link.href;
      }
    } else if (event.key === "Escape" && shown !== null) {
      show(null);
    } else if (event.key in steps) {
      const next = parts[Math.max(0, Math.min(parts.length - 1, at + steps[event.key]))];
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
      reach(next);
    } else {
      return;
    }
    event.preventDefault();
    // The keys of the page, such as the arrows to other days, rest meanwhile.
    event.stopImmediatePropagation();
  }, { capture: true });
  document.body.append(card);
})();
