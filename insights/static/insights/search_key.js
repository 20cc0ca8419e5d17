// The key / leads to the search: to its field on this page, else to the page of the history.
{
  const field = document.getElementById("q");
  const typesIn = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typesIn(event.target)) return;
    event.preventDefault();
    if (field) {
      field.focus();
      field.select();
    } else {
      location.href = `${document.querySelector("[data-search-page]").href}#q`;
    }
  });
  if (field && location.hash === "#q") field.focus();
}
