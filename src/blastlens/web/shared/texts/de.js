/** Texts that both pages use, in German. */

export default {
  "problem.offline": "Es besteht keine Verbindung zum Dienst. Was Sie geschrieben haben, bleibt erhalten: Prüfen Sie das Netz, und versuchen Sie es erneut.",
  "problem.forbidden": "Das dürfen Sie nicht. Bitten Sie die Administration Ihrer Klinik um das Recht dazu.",
  "problem.missing": "Das gibt es nicht, oder es wurde gelöscht. Gehen Sie zurück, und öffnen Sie es aus der Liste.",
  "problem.busy": "Der Dienst ist gerade ausgelastet. Warten Sie einige Sekunden, und versuchen Sie es erneut.",
  "problem.signed_out": "Sie sind nicht mehr angemeldet. Melden Sie sich an, und versuchen Sie es erneut: Was Sie geschrieben haben, bleibt.",
  "problem.service": "Der Dienst konnte das nicht ausführen (Status {status}). Versuchen Sie es erneut; bleibt es dabei, melden Sie es dem Betrieb.",
  "problem.page": "Hier ist die Seite gescheitert. Laden Sie sie neu; bleibt es dabei, melden Sie es dem Betrieb.",
  "problem.retry": "Erneut versuchen",
  "dialog.close": "Schließen",
  "dialog.cancel": "Abbrechen",
  "language.en": "English",
  "language.de": "Deutsch",
  "language.choose": "Sprache",
  "appearance.choose": "Darstellung",
  "appearance.system": "Wie das System",
  "appearance.light": "Hell",
  "appearance.dark": "Dunkel",
  "loading": "Wird geladen …",
};
