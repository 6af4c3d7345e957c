/** Uploads of this tab: they go on while another view is open. */

import { blockClosing } from "../../shared/drafts.js";
import { UploadQueue } from "./queue.js";
import { transport } from "./transport.js";

export const uploads = new UploadQueue(transport);

blockClosing(() => uploads.isBusy);
