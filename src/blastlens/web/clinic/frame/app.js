/** Frame of the clinic's page: sign-in, header, the view of the current route, and what all views need around them. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { PageElement } from "../../shared/element.js";
import { addKeys } from "../../shared/keyboard.js";
import { Problem } from "../../shared/problem.js";
import { matchRoute, navigate } from "../../shared/router.js";
import { Session, loadConfig } from "../../shared/session.js";
import { SignInRefused } from "../../shared/sign_in.js";
import { hasLanguage, setLanguage, t, LANGUAGES } from "../../shared/texts.js";
import { readPreference } from "../../shared/preferences.js";
import { makeApi, setContext } from "../context.js";
import { VIEWS } from "../views.js";
import { header } from "./header.js";
import { showKeys } from "./keys.js";
import "./neighbours.js";
import { askToSignIn } from "./sign_in_again.js";
import { failure, landing, signedInBeside } from "./landing.js";

/** @typedef {"starting" | "signed out" | "signed in" | "beside" | "failed"} State */

const START = "#/worklist";

class App extends PageElement {
  static properties = {
    state: { state: true },
    route: { state: true },
    message: { state: true },
    offline: { state: true },
  };

  constructor() {
    super();
    /** @type {State} */
    this.state = "starting";
    /** @type {import("../../shared/router.js").Route | null} */
    this.route = null;
    this.message = "";
    this.offline = false;
    /** @type {HTMLElement | null} */
    this.view = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.replaceChildren();
    this._start();
  }

  async _start() {
    try {
      const session = new Session(await loadConfig());
      // The view is most often wanted next: it is loaded while the sign-in is under way.
      matchRoute(VIEWS, location.hash || START)?.definition.load().catch(() => undefined);
      this.session = session;
      session.askAgain = () => askToSignIn(session);
      const outcome = await session.start(location.hash.slice(1));
      if (outcome === "signed in") await this._enter(session);
      else if (outcome === "handed over") this.state = "beside";
      else if (outcome === "signed out") this.state = "signed out";
    } catch (error) {
      this._fail(error);
    }
  }

  /** @param {unknown} error */
  _fail(error) {
    this.message = error instanceof SignInRefused ? t("sign_in.refused", { code: error.code })
      : error instanceof Problem ? error.message
      : t("sign_in.unreachable");
    if (!(error instanceof SignInRefused || error instanceof Problem)) console.error(error);
    this.state = "failed";
  }

  /** @param {Session} session */
  async _enter(session) {
    const api = makeApi(session, (offline) => this._onConnection(offline));
    const person = await api.get("/v1/me");
    setContext({ session, api, person });
    const wanted = LANGUAGES.find((one) => one === person.language);
    if (wanted && readPreference("language") === null && !hasLanguage(navigator.languages)) setLanguage(wanted);
    this.person = person;
    this.state = "signed in";
    addEventListener("hashchange", () => this._onRoute());
    addKeys([
      { key: "?", label: "keys.show", run: () => showKeys() },
      { key: "w", label: "keys.worklist", run: () => navigate(START) },
      { key: "u", label: "keys.upload", run: () => navigate("#/upload") },
    ]);
    await this._onRoute();
  }

  /** @param {boolean} offline */
  _onConnection(offline) {
    if (offline === this.offline) return;
    this.offline = offline;
    announce(t(offline ? "connection.lost" : "connection.back"));
  }

  async _onRoute() {
    if (location.hash === "" || location.hash === "#/") return navigate(START, { replace: true });
    const route = matchRoute(VIEWS, location.hash);
    const isSame = route !== null && route.definition === this.route?.definition;
    this.route = route;
    if (route === null) {
      this.view = null;
      this._arrive(t("frame.no_view"));
      return;
    }
    if (isSame && this.view) {
      /** @type {any} */ (this.view).route = route;
      return;
    }
    await this._open(route);
  }

  /** Load a view's module and show it. @param {import("../../shared/router.js").Route} route */
  async _open(route) {
    this.message = "";
    try {
      await route.definition.load();
    } catch (error) {
      console.error(error);
      this.view = null;
      this.message = t("frame.not_loaded");
      return;
    }
    if (this.route !== route) return;
    const view = document.createElement(route.definition.element);
    /** @type {any} */ (view).route = route;
    this.view = view;
    this.requestUpdate();
    this._arrive(t(/** @type {any} */ (route.definition).title));
  }

  /** Name the document, go to the top and give the heading the focus, as a new page would. @param {string} title */
  async _arrive(title) {
    document.title = `${title} · blastlens`;
    await this.updateComplete;
    const view = /** @type {any} */ (this.view);
    await view?.updateComplete;
    // A view may know a better place than its beginning.
    if (view?.arrive?.()) return;
    const heading = /** @type {HTMLElement | null} */ (this.querySelector("main h1"));
    if (!heading || this.isFirstArrival !== false) {
      this.isFirstArrival = false;
      return;
    }
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  render() {
    if (this.state === "starting") return html`<p class="starting" role="status">${t("loading")}</p>`;
    if (this.state === "beside") return signedInBeside();
    if (this.state === "signed out") return landing(() => this.session?.signIn(location.hash.slice(1)));
    if (this.state === "failed") return failure(this.message, () => this.session?.signIn(location.hash.slice(1)));
    return this._renderFrame();
  }

  _renderFrame() {
    const examination = this.route?.params.examination;
    return html`
      <a class="skip" href="#main" @click=${skip}>${t("frame.skip")}</a>
      ${header({ person: this.person, session: this.session, active: this.route?.definition.name })}
      ${this.offline ? html`<p class="offline" role="alert">${t("connection.lost")}</p>` : nothing}
      ${examination ? html`<bl-neighbours .patient=${this.route?.params.patient} .examination=${examination}></bl-neighbours>` : nothing}
      <main id="main" tabindex="-1">
        ${this.message ? html`<h1>${t("frame.failed")}</h1><p class="note error">${this.message}</p>` : nothing}
        ${this.route === null ? html`<h1>${t("frame.no_view")}</h1><p>${t("frame.no_view_why")} <a href=${START}>${t("worklist.title")}</a></p>` : nothing}
        ${this.view ?? (this.route && !this.message ? html`<p class="soft" role="status">${t("loading")}</p>` : nothing)}
      </main>
      <footer class="footer">
        <p>${t("frame.support")} ${t("frame.benign")} <a href="#/model">${t("model.title")}</a></p>
      </footer>
    `;
  }
}

/** Links of the frame must not change the route. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

customElements.define("bl-app", App);
