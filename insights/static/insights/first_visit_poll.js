// Asks every few seconds whether the first browser and the first visit have arrived. Without scripts the page reloads itself.
const setup = document.getElementById("setup");
const waiting = document.getElementById("waiting");

async function poll() {
  let arrived;
  try {
    const answer = await fetch(setup.dataset.arrived, { headers: { Accept: "application/json" }, redirect: "error" });
    arrived = answer.ok ? await answer.json() : {};
  } catch {
    // The server may be restarting; the next poll will tell.
    arrived = {};
  }
  if (arrived.browser && !document.getElementById("step-browser").classList.contains("done")) {
    document.getElementById("step-browser").classList.add("done");
    waiting.textContent = "Your browser is connected. Waiting for its first visit …";
  }
  if (arrived.visit) {
    document.getElementById("step-visit").classList.add("done");
    waiting.textContent = "Your first visit has arrived.";
    location.assign(setup.dataset.then);
    return;
  }
  setTimeout(poll, document.hidden ? 15000 : 3000);
}

setTimeout(poll, 1000);
