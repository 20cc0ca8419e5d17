// Asks every few seconds whether the first browser and the first visit have arrived, and shows it in place.
const setup = document.getElementById("setup");
const waiting = document.getElementById("waiting");

function done(...ids) {
  for (const id of ids) document.getElementById(id).classList.add("done");
}

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
    done("step-install", "step-browser");
    waiting.textContent = "Your browser is connected. Waiting for its first visit …";
  }
  if (arrived.visit) {
    done("step-install", "step-browser", "step-visit");
    waiting.textContent = "Your first visit has arrived.";
    document.getElementById("see-day").hidden = false;
    return;
  }
  setTimeout(poll, document.hidden ? 15000 : 3000);
}

setTimeout(poll, 1000);
