// Follows links by single keys: the arrows lead to the time before and after, and the other keys are those of the help.
// In a block, because the scripts of a page share one scope, and others name things alike.
{
  const help = document.getElementById("keys");
  const choice = document.getElementById("keys-off");
  const STORED = "keys-off";

  function isOff() {
    try {
      return localStorage.getItem(STORED) === "1";
    } catch {
      return false; // the browser keeps nothing for this server
    }
  }

  // The element that a key stands for; null for a key that does nothing.
  function wanted(key) {
    if (key === "arrowleft") return document.querySelector("main a[rel=prev]");
    if (key === "arrowright") return document.querySelector("main a[rel=next]");
    if (key === "/") return document.querySelector("main input[type=search]") ?? help.querySelector("[data-key='/']");
    if (key === "escape") return document.querySelector("a[aria-keyshortcuts=Escape]");
    return help.querySelector(`a[data-key="${CSS.escape(key)}"]`);
  }

  function isTaken(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return true;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return true;
    // Arrows scroll what is wider than the page, and Escape closes what is open.
    if (event.key.startsWith("Arrow") && event.target.closest(".scroll, summary")) return true;
    return event.key === "Escape" && document.querySelector(":popover-open, dialog[open]") !== null;
  }

  document.addEventListener("keydown", (event) => {
    if (isTaken(event)) return;
    if (event.key === "?") {
      help.togglePopover();
      return;
    }
    if (isOff()) return;
    const element = wanted(event.key.toLowerCase());
    if (!element) return;
    event.preventDefault();
    if (element.matches("input")) {
      element.focus();
      element.select();
    } else {
      element.click();
    }
  });
  // The key / leads here from pages without a search.
  if (location.hash === "#q") document.getElementById("q")?.focus();

  choice.closest("label").hidden = false;
  choice.checked = isOff();
  choice.addEventListener("change", () => localStorage.setItem(STORED, choice.checked ? "1" : ""));
}
