// Goes on erasing where one request could not finish; a moment later, so that what was deleted can be read and stopped.
const form = document.getElementById("erase-on");
setTimeout(() => form.requestSubmit(), 1500);
