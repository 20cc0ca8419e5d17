// Goes on with an import: each POST stores visits for some seconds and comes back to this page.
setTimeout(() => document.getElementById("go-on").requestSubmit(), 300);
