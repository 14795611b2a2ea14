"use strict";
let token = "";  // gone when the page is loaded again
const who = document.querySelector("#who");

async function show(url, headers) {
  const response = await fetch(url, {headers});
  const body = await response.json();
  who.textContent = response.ok ? `Logged in: ${body.username}` : "Nobody is logged in.";
}

async function logIn(event) {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  if (event.submitter.value === "session") {
    await fetch("/session/", {method: "POST", body, headers: {"X-From-Page": "yes"}});
    return show("/session/", {});
  }
  body.set("grant_type", "password");
  const response = await fetch("/token", {method: "POST", body});
  token = (await response.json()).access_token;
  return show("/users/me/", {Authorization: `Bearer ${token}`});
}

document.querySelector("#login").addEventListener("submit", logIn);
show("/session/", {});  // the cookie is still there after a reload, the token is not
