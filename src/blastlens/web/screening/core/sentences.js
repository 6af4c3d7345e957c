/** Errors of the store, of the camera and of files as sentences with a next step. */

import { Problem, messageOf } from "../../shared/problem.js";
import { hasText, t } from "../../shared/texts.js";

/** Keys of the texts of each error that has a reason. @type {Record<string, (reason: string) => string>} */
const KEYS = {
  StorageUnavailable: (reason) => `screening.storage.${reason}`,
  CameraUnavailable: (reason) => `screening.camera_error.${reason}`,
  PinRefused: (reason) => `screening.pin_error.${reason}`,
  NotPossible: (reason) => `screening.not_possible.${reason}`,
};

/** Return a sentence for any error. @param {any} error */
export function sentenceOf(error) {
  if (error?.name === "WrongPin") return wrongPin(error);
  if (error?.name === "FileRefused") return fileSentence(error.reason);
  if (error?.name === "Locked") return t("screening.locked_now");
  if (error?.name === "OtherClinic") return t("screening.sending.another_clinic");
  if (error?.name === "SignInRefused") return t("screening.sign_in_refused");
  const key = KEYS[error?.name]?.(error.reason) ?? "";
  if (key && hasText(key)) return t(key);
  // Requests that are not answered are errors of this type in every browser.
  const isOffline = error instanceof Problem ? error.isOffline : error instanceof TypeError && navigator.onLine === false;
  if (isOffline) return t("screening.no_network");
  return messageOf(error);
}

/** @param {{waitMs: number, wasTried: boolean}} error */
function wrongPin({ waitMs, wasTried }) {
  const seconds = Math.ceil(waitMs / 1000);
  if (seconds <= 0) return t("screening.pin_error.wrong");
  return t(wasTried ? "screening.pin_error.wrong_wait" : "screening.pin_error.wait", { count: seconds });
}

/** Return why a file is refused, and what to do. @param {string} reason of the service @returns {string} */
export function fileSentence(reason) {
  if (hasText(`screening.file.${reason}`)) return t(`screening.file.${reason}`);
  return hasText(`rejected.what.${reason}`) ? `${capitalise(t(`rejected.what.${reason}`))}. ${t(`rejected.do.${reason}`)}` : t("screening.file_unknown");
}

/** @param {string} text */
function capitalise(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
