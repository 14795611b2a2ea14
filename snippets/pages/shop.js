"use strict";
// No token ever reaches this script: the browser sends a cookie, which no script can read.
async function show() {
  const response = await fetch("/api/users/me/");
  const body = await response.json();
  document.querySelector("#who").textContent = response.ok ? `Logged in: ${body.username}` : "Nobody is logged in.";
}

show();
