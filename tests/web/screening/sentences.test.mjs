/** Tests of sentences: every error has one with a way on, in both languages. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as serviceWords from "../../../src/blastlens/web/clinic/texts/service_words.js";
import { fileSentence, sentenceOf } from "../../../src/blastlens/web/screening/core/sentences.js";
import de from "../../../src/blastlens/web/screening/texts/de.js";
import en from "../../../src/blastlens/web/screening/texts/en.js";
import sharedDe from "../../../src/blastlens/web/shared/texts/de.js";
import sharedEn from "../../../src/blastlens/web/shared/texts/en.js";
import { addTexts, setLanguage } from "../../../src/blastlens/web/shared/texts.js";

addTexts({ en: sharedEn, de: sharedDe });
addTexts({ en, de });
addTexts(serviceWords);

const REASONS = {
  StorageUnavailable: ["missing", "private", "old", "busy", "full", "erased", "broken"],
  CameraUnavailable: ["denied", "none", "busy", "unsupported", "insecure"],
  PinRefused: ["short", "digits", "simple", "different"],
  NotPossible: ["gone", "sending", "sent", "finished", "unsent", "empty"],
  FileRefused: ["empty", "unknown_format", "truncated", "too_small", "too_many_pixels", "too_many_bytes"],
};

test("every error of store, camera and files is a sentence of its own in both languages", () => {
  for (const language of ["en", "de"]) {
    setLanguage(language);
    const seen = new Set();
    for (const [name, reasons] of Object.entries(REASONS)) {
      for (const reason of reasons) {
        const sentence = sentenceOf({ name, reason });
        assert.match(sentence, /[.]$/, `${name} ${reason}`);
        assert.ok(!seen.has(sentence), `${name} ${reason}: ${sentence}`);
        seen.add(sentence);
      }
    }
  }
  setLanguage("en");
});

test("a wrong PIN says how long to wait, and whether it was tried", () => {
  assert.match(sentenceOf({ name: "WrongPin", waitMs: 0, wasTried: true }), /wrong\. Try again/);
  assert.match(sentenceOf({ name: "WrongPin", waitMs: 4200, wasTried: true }), /wrong\. Wait 5 seconds/);
  assert.match(sentenceOf({ name: "WrongPin", waitMs: 900, wasTried: false }), /Wait 1 second,/);
});

test("a photograph as phones store it by default says how to change that", () => {
  assert.match(fileSentence("heic"), /Most Compatible/);
});

test("an error that nobody knows is the page's sentence, and goes to the console", (context) => {
  const logged = context.mock.method(console, "error", () => {});
  assert.match(sentenceOf(new Error("surprise")), /Reload it/);
  assert.equal(logged.mock.callCount(), 1);
});
