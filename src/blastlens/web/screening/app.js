/** Frame of the page: opening of the store, PIN, header, and the view of the current route. */

import { html, nothing } from "lit";
import { announce } from "../shared/announcements.js";
import { PageElement } from "../shared/element.js";
import { matchRoute, navigate } from "../shared/router.js";
import { t } from "../shared/texts.js";
import { IdleLock } from "./core/idle_lock.js";
import { sentenceOf } from "./core/sentences.js";
import { header } from "./views/header.js";
import { ROUTES } from "./routes.js";
import { openWorkspace } from "./workspace.js";
import "./views/pin.js";
import "./views/home.js";
import "./views/examination.js";
import "./views/camera.js";
import "./views/field.js";
import "./views/about.js";

/** @typedef {"starting" | "unavailable" | "beside" | "ready"} State */

class ScreeningApp extends PageElement {
  static properties = { state: { state: true }, route: { state: true }, message: { state: true } };

  constructor() {
    super();
    /** @type {State} */
    this.state = "starting";
    /** @type {import("../shared/router.js").Route | null} */
    this.route = null;
    /** Why there is no store, or what the sign-in said. */
    this.message = "";
    /** @type {import("./workspace.js").Workspace | null} */
    this.workspace = null;
    /** @type {HTMLElement | null} */
    this.view = null;
    this.wasOpen = false;
  }

  connectedCallback() {
    super.connectedCallback();
    // What stands there until the script has run.
    this.replaceChildren();
    this._start();
  }

  async _start() {
    try {
      this.workspace = await openWorkspace();
    } catch (error) {
      this.message = sentenceOf(error);
      this.state = "unavailable";
      return;
    }
    this.untilGone(this.workspace.onChange(() => this._onChange()));
    const onHash = () => this._onRoute();
    addEventListener("hashchange", onHash);
    this.untilGone(() => removeEventListener("hashchange", onHash));
    await this._takeSignIn();
  }

  /** Take over a sign-in from the address; without a network the page works as signed out. */
  async _takeSignIn() {
    try {
      const outcome = await this.workspace?.sending.start();
      if (outcome === "handed over") {
        this.state = "beside";
        return;
      }
    } catch (error) {
      this.message = sentenceOf(error);
    }
    this.state = "ready";
    this._onRoute();
  }

  _onChange() {
    const isOpen = this.workspace?.isOpen ?? false;
    this.requestUpdate();
    if (this.wasOpen && !isOpen) this._onLocked();
    this.wasOpen = isOpen;
  }

  /** Called when the PIN was right or the store is new. */
  async _opened() {
    this.message = "";
    const lock = new IdleLock(() => this._lock());
    this.endIdle?.();
    this.endIdle = lock.start();
    if (this.workspace) this.workspace.touched = () => lock.touch();
    this.wasOpen = true;
    this._onRoute();
    await this.workspace?.begin();
    this._arrive();
  }

  _lock() {
    this.workspace?.lock();
  }

  _onLocked() {
    this.endIdle?.();
    this.view = null;
    // A question that is open asks somebody without the PIN now.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    announce(t("screening.locked_now"));
    this._arrive();
  }

  _onRoute() {
    const route = matchRoute(ROUTES, location.hash);
    if (route === null) return navigate("#/", { replace: true });
    const isSame = route.definition === this.route?.definition && this.view !== null;
    this.route = route;
    if (!isSame) this.view = this.workspace?.isOpen ? document.createElement(route.definition.element) : null;
    if (this.view) /** @type {any} */ (this.view).route = route;
    this._arrive();
  }

  /** Name the document and give the heading the focus, as a new page would. */
  async _arrive() {
    document.title = `${t(/** @type {any} */ (this.route?.definition).title)} · blastlens`;
    await this.updateComplete;
    await /** @type {any} */ (this.view ?? this.querySelector("bl-screening-pin"))?.updateComplete;
    const heading = /** @type {HTMLElement | null} */ (this.querySelector("main h1"));
    if (!heading || document.activeElement?.matches("input")) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  render() {
    if (this.state === "starting") return html`<p class="starting" role="status">${t("loading")}</p>`;
    if (this.state === "beside") return this._alone(html`<h1>${t("screening.signed_in_beside")}</h1>`);
    if (this.state === "unavailable") return this._alone(this._unavailable());
    return html`${header(this.workspace, () => this.workspace?.lock({ everywhere: true }))}<main id="main" class="view-${this.route?.definition.name ?? "none"}">${this._content()}</main>`;
  }

  _content() {
    const message = this.message ? html`<p class="note error" role="alert"><span>${this.message}</span></p>` : nothing;
    if (!this.workspace?.isOpen) return html`${message}<bl-screening-pin .workspace=${this.workspace} @opened=${() => this._opened()}></bl-screening-pin>`;
    return html`${message}${this.view}`;
  }

  _unavailable() {
    return html`<h1>${t("screening.unavailable")}</h1>
      <p class="note error" role="alert"><span>${this.message}</span></p>
      <button class="primary wide" @click=${() => location.reload()}>${t("problem.retry")}</button>
      <p><a class="button wide" href="/#/upload">${t("screening.other_upload")}</a></p>`;
  }

  /** @param {unknown} content */
  _alone(content) {
    return html`<main id="main">${content}</main>`;
  }
}

customElements.define("bl-screening-app", ScreeningApp);
