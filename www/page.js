// The example on the page names the gateway that serves it.
document.getElementById("origin").textContent = location.origin;
