// Tells the server the browser's time zone at sign-up, and offers once to switch where the account has another one.
// In a block, because the scripts of a page share one scope, and others name things alike.
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = document.querySelector("[data-time-zone]");
  if (field && zone) field.value = zone;

  const offer = document.getElementById("zone-offer");
  // Two names of one zone, such as Asia/Katmandu and Asia/Kathmandu, show the same clock in winter and in summer.
  function sameClock(one, other) {
    const year = new Date().getFullYear();
    const months = [...Array(12).keys()].map((month) => new Date(Date.UTC(year, month, 15, 12)));
    try {
      return months.every((date) => date.toLocaleString("en", { timeZone: one }) === date.toLocaleString("en", { timeZone: other }));
    } catch {
      return false;
    }
  }
  const declined = document.cookie.split("; ").includes(`declined_zone=${(zone ?? "").replaceAll("/", "|")}`);
  if (offer && zone && !declined && !sameClock(offer.dataset.zone, zone)) {
    for (const input of offer.querySelectorAll("[name=browser_zone]")) input.value = zone;
    offer.querySelector(".browser-zone").textContent = zone.replaceAll("_", " ");
    offer.hidden = false;
  }
}
