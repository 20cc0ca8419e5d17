// Sends the next request of an erasure that takes several, after a pause in which the counts can be read and the link
// “Stop here” clicked.
const form = document.getElementById("erase-on");
setTimeout(() => form.requestSubmit(), 1500);
