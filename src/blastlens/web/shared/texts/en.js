/** Texts that both pages use, in English. */

export default {
  "problem.offline": "There is no connection to the service. Nothing that you typed is lost: check the network, then try again.",
  "problem.forbidden": "You may not do this. Ask the administrator of your clinic for the right.",
  "problem.missing": "This does not exist, or it was erased. Go back and open it from the list.",
  "problem.busy": "The service is busy just now. Wait a few seconds, then try again.",
  "problem.signed_out": "You are not signed in any more. Sign in, then try again: what you typed stays.",
  "problem.service": "The service could not do this (status {status}). Try again; if it stays so, report it to whoever runs the service.",
  "problem.page": "The page failed here. Reload it; if it stays so, report it to whoever runs the service.",
  "problem.retry": "Try again",
  "dialog.close": "Close",
  "dialog.cancel": "Cancel",
  "language.en": "English",
  "language.de": "Deutsch",
  "language.choose": "Language",
  "appearance.choose": "Appearance",
  "appearance.system": "As the system",
  "appearance.light": "Light",
  "appearance.dark": "Dark",
  "loading": "Loading …",
};
