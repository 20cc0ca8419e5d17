// Shows the button that copies the token. Without scripts the text is selected and copied by hand.
const field = document.getElementById("token");
const button = document.getElementById("copy-token");
const copied = document.getElementById("copied");

button.hidden = false;
button.addEventListener("click", async () => {
  field.select();
  try {
    // Only pages that came over HTTPS or from this machine have a clipboard.
    await navigator.clipboard.writeText(field.value);
    copied.textContent = "Copied.";
  } catch {
    copied.textContent = "The token is selected. Copy it by hand.";
  }
});
