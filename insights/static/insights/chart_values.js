// Shows the values of a chart at once: under the pointer, under a finger, and by keyboard. The values are the titles of
// the drawing's parts, which browsers alone would show late, and never on touch. Without scripts the tables have them.
(() => {
  const PARTS = '.bars .bar, .calendar a, .week td[title], .tab-axis a';
  const card = document.createElement('div');
  card.className = 'value-card';
  card.hidden = true;
  card.setAttribute('role', 'status');
  let shown = null;

  /** The words of a part. The title moves to an attribute of its own, or the browser would show it a second time. */
  function wordsOf(part) {
    const title = part.querySelector('title');
    if (title) {
      part.dataset.value = title.textContent.trim();
      title.remove();
    } else if (part.title) {
      part.dataset.value = part.title;
      part.removeAttribute('title');
    }
    return part.dataset.value ?? '';
  }

  function show(part) {
    if (part === shown) {
      return;
    }
    shown?.classList.remove('is-shown');
    shown = part;
    card.hidden = part === null;
    if (part === null) {
      return;
    }
    part.classList.add('is-shown');
    card.textContent = wordsOf(part);
    place(part);
  }

  function place(part) {
    const box = (part.querySelector('.hit, rect') ?? part).getBoundingClientRect();
    const filled = part.querySelector('.outline, .fill')?.getBoundingClientRect() ?? box;
    const left = box.left + box.width / 2 - card.offsetWidth / 2;
    card.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - card.offsetWidth - 8))}px`;
    const above = filled.top - card.offsetHeight - 8;
    card.style.top = `${above < 8 ? filled.bottom + 8 : above}px`;
  }

  /** The parts of the chart that an element holds, in reading order. */
  function partsIn(holder) {
    return [...holder.querySelectorAll(PARTS)];
  }

  function partAt(event) {
    return event.target instanceof Element ? event.target.closest(PARTS) : null;
  }

  document.addEventListener('pointerover', (event) => show(partAt(event)));
  document.addEventListener('pointerdown', (event) => show(partAt(event)));
  document.addEventListener('scroll', () => shown && place(shown), { passive: true, capture: true });

  for (const holder of document.querySelectorAll('.chart-box, .scroll')) {
    const parts = partsIn(holder);
    if (parts.length === 0) {
      continue;
    }
    holder.tabIndex = 0;
    if (!holder.hasAttribute('role')) {
      holder.setAttribute('role', 'group');
      holder.setAttribute('aria-label', 'Chart: the arrow keys show its values one by one');
    }
    // A row of the week is 24 hours, and a column of the calendar seven days.
    const [across, down] = holder.querySelector('.calendar') ? [7, 1] : [1, holder.querySelector('.week') ? 24 : 1];
    let at = parts.length - 1;
    holder.addEventListener('focus', () => {
      if (holder.matches(':focus-visible')) {
        show(parts[at]);
      }
    });
    holder.addEventListener('blur', () => show(null));
    holder.addEventListener('keydown', (event) => {
      const steps = { ArrowLeft: -across, ArrowRight: across, ArrowUp: -down, ArrowDown: down };
      if (event.key === 'Enter') {
        const link = parts[at].closest('a') ?? parts[at].querySelector('a');
        if (link) {
          location.href = link.href.baseVal ?? link.href;
        }
      } else if (event.key === 'Escape' && shown !== null) {
        show(null);
        event.stopPropagation();
      } else if (event.key in steps && !event.altKey && !event.ctrlKey && !event.metaKey) {
        at = Math.max(0, Math.min(parts.length - 1, at + steps[event.key]));
        parts[at].scrollIntoView({ block: 'nearest', inline: 'nearest' });
        show(parts[at]);
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }
  document.body.append(card);
})();
