/** Access codes of the patient's page: made once, shown once, printed, and revoked. */

import { html } from "lit";
import { path } from "../../shared/api.js";
import { ask } from "../../shared/dialogs.js";
import { formatDay, t } from "../../shared/texts.js";
import { api, context } from "../context.js";
import { qrCode } from "./qr_code.js";

/** @typedef {{id: string, code: string, pin: string, url: string, expires_at: string}} NewCode */

/**
 * Make a code and show it, until the person says that it was handed out.
 *
 * @param {string} patient
 */
export async function makeCode(patient) {
  const choices = [
    { value: "cancel", label: t("dialog.cancel") },
    { value: "make", label: t("codes.make"), tone: /** @type {const} */ ("primary") },
  ];
  const content = html`<p>${t("codes.confirm", { patient })}</p>`;
  if ((await ask({ title: t("codes.make"), content, choices })) !== "make") return;
  /** @type {NewCode} */
  const made = await api().post(path`/v1/patients/${patient}/access-codes`, {});
  await show(made, patient);
}

/** @param {NewCode} made @param {string} patient */
async function show(made, patient) {
  document.body.classList.add("prints-dialog");
  try {
    await ask({
      title: t("codes.new"),
      content: sheet(made, patient),
      choices: [{ value: "done", label: t("codes.handed_out"), tone: "primary" }],
      // Escape would lose the PIN for good.
      closable: false,
    });
  } finally {
    document.body.classList.remove("prints-dialog");
  }
}

/** @param {NewCode} made @param {string} patient */
function sheet({ code, pin, url, expires_at }, patient) {
  const address = new URL(url, location.origin).href;
  return html`
    <p class="note caution screen-only"><span>${t("codes.once")}</span></p>
    <div class="code-sheet">
      <p class="code-clinic">${context().person.clinic_name}</p>
      <p>${t("codes.sheet_what")}</p>
      <div class="code-qr">${qrCode(address, t("codes.qr"))}</div>
      <dl class="facts">
        <dt>${t("codes.address")}</dt><dd class="id">${address.split("#")[0]}</dd>
        <dt>${t("codes.code")}</dt><dd class="id code-text">${grouped(code, 4, "-")}</dd>
        <dt>${t("codes.expires")}</dt><dd>${formatDay(expires_at)}</dd>
      </dl>
      <p class="print-only">${t("codes.sheet_pin")}</p>
    </div>
    <div class="code-pin screen-only">
      <p>${t("codes.pin", { patient })}</p>
      <p class="code-pin-digits numeric" role="img" aria-label=${[...pin].join(" ")}>${grouped(pin, 3, "\u00a0")}</p>
      <p class="soft">${t("codes.pin_apart")}</p>
    </div>
    <button type="button" class="screen-only" @click=${() => print()}>${t("codes.print")}</button>
  `;
}

/**
 * Return a text in groups, which people copy with fewer mistakes. The patient's page accepts it with and without them.
 *
 * @param {string} text
 * @param {number} size
 * @param {string} between
 */
function grouped(text, size, between) {
  return text.match(new RegExp(`.{1,${size}}`, "g"))?.join(between) ?? text;
}

/**
 * Ask whether to revoke a code, and do so.
 *
 * @param {string} patient
 * @param {{id: string}} code
 * @returns {Promise<boolean>} whether it was revoked.
 */
export async function askToRevoke(patient, code) {
  const choices = [
    { value: "keep", label: t("dialog.cancel") },
    { value: "revoke", label: t("codes.revoke"), tone: /** @type {const} */ ("danger") },
  ];
  const chosen = await ask({ title: t("codes.revoke_title"), content: html`<p>${t("codes.revoke_why")}</p>`, choices });
  if (chosen !== "revoke") return false;
  await api().delete(path`/v1/patients/${patient}/access-codes/${code.id}`);
  return true;
}
