/** Examinations that are open: store and images, shared by the views of an examination and of its fields. */

import { blockClosing } from "../../shared/drafts.js";
import { addTexts } from "../../shared/texts.js";
import { api, context } from "../context.js";
import { ExaminationApi } from "./examination_api.js";
import { openStore } from "./examination_store.js";
import { FieldImages } from "./field_images.js";
import de from "./texts/de.js";
import en from "./texts/en.js";

addTexts({ en, de });

/** @type {WeakMap<object, FieldImages>} */
const imagesOf = new WeakMap();

/**
 * Return the store and the images of an examination.
 *
 * @param {string} patientId
 * @param {string} examinationId
 */
export function openExamination(patientId, examinationId) {
  const store = openStore(new ExaminationApi(api(), patientId, examinationId), () => context().person.name);
  const known = imagesOf.get(store);
  if (!known) blockClosing(() => store.moves.waiting.length > 0);
  const images = known ?? new FieldImages((uploadId) => store.readField(uploadId));
  imagesOf.set(store, images);
  return { key: `${patientId}/${examinationId}`, store, images };
}
