import { mount } from "svelte";

import App from "./ui/App.svelte";
import { app } from "./ui/app.svelte.ts";
import "./ui/page.css";

const target = document.getElementById("app");
if (target !== null) mount(App, { target });
void app.start();
