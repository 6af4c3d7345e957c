/** Report of an examination as a PDF. */

/**
 * Save the report as a file.
 *
 * @param {import("../shared/api.js").Api} api
 * @param {string} examination
 */
export async function saveReport(api, examination) {
  const file = await api.getFile(`/p/v1/examinations/${encodeURIComponent(examination)}/report.pdf`);
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = `${examination}.pdf`;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
