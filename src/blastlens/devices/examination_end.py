"""End of an examination: when its held file is sent, as the last one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from blastlens.devices.folder import WatchedFolder
from blastlens.devices.spooled_examinations import SpooledExaminations
from blastlens.devices.spooled_file import SpooledFile
from blastlens.domain.device import FOLDERS_ONLY, ExaminationRule, ImagePlace


@dataclass
class ExaminationEnd:
    """Releases the held file of each examination that is over.

    It is over when its folder has rested, or holds a file `COMPLETE`. Neither counts while an image is still being
    written, nor before the other images were sent. A file `COMPLETE` counts once: what follows it is released by rest.
    After a restart the rest begins anew. Only the monotonic clock is used: clocks of cameras and shares may be wrong.

    Attributes:
        examinations: those of the spool.
        folder: the watched folder, after a scan.
        rest_seconds: time without a new or changed image after which an examination is over.
        patience_seconds: time after which an unfinished image no longer delays the end.
        rule: which files are fields of one examination.
    """

    examinations: SpooledExaminations
    folder: WatchedFolder
    rest_seconds: float
    patience_seconds: float
    rule: ExaminationRule = FOLDERS_ONLY
    _changed: dict[ImagePlace, float] = field(default_factory=dict)

    def release(self) -> Iterator[str]:
        """Release what is over; yield a sentence for each.

        Raises:
            sqlite3.Error: the spool cannot be written.
        """
        now = self.folder.monotonic()
        held = {self.rule.find_place(file.path): file for file in self.examinations.held()}
        unknown = [(self.rule.find_place(found.path), since) for found, since in self.folder.unknown.items()]
        unfinished = {place for place, since in unknown if now - since < self.patience_seconds}
        self._note_changes(unknown, held, now)
        for place, file in held.items():
            if place in unfinished or self.examinations.has_unsent_before(file):
                continue
            end = self._find_end_file(place, file, now)
            if end is None and now - self._changed[place] < self.rest_seconds:
                continue
            fields = self.examinations.release_last(file, end)
            yield f"{file.upload_id} is sent as the last of {fields} images of its examination"

    def _note_changes(
        self, unknown: list[tuple[ImagePlace, float]], held: dict[ImagePlace, SpooledFile], now: float
    ) -> None:
        """Note when each examination with a held or unknown file changed last; a restart counts as a change."""
        latest = {place: self._changed.get(place, now) for place in held}
        for place, since in unknown:
            latest[place] = max(since, latest.get(place, self._changed.get(place, since)))
        self._changed = latest

    def _find_end_file(self, place: ImagePlace, file: SpooledFile, now: float) -> int | None:
        """Return the time of the last change of a settled file `COMPLETE` that has not counted before."""
        found, since = self.folder.end_files.get(place.folder, (None, now))
        if found is None or now - since < self.folder.settle_seconds:
            return None
        return None if self.examinations.has_counted(file, found.modified_ns) else found.modified_ns
