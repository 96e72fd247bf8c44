"""One ECG under review, with everything that is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.errors import MissingPart, UnreadableInput
from calipers.evidence import Ledger, Measurements, ModelProbability
from calipers.knowledge import Verdicts, evaluate
from calipers.report import Changes, Demographics, Quality
from calipers.tools.compare import changes_between, in_order, recording, recording_limits, require_comparable
from calipers.tools.measure import Examination

if TYPE_CHECKING:
    from calipers.agent.comparison import ChangeSentences
    from calipers.agent.suggestions import Suggestion

#: What a language model sees of a recording.
_SEEN_S: Final = 10.0


@dataclass(frozen=True)
class Case:
    """One ECG under review with everything derived from it, each computed once.

    `priors` are other ECGs of the same patient, to be compared with.
    """

    ecg: Ecg
    examination: Examination
    priors: tuple[Case, ...] = ()

    @property
    def record(self) -> str:
        """The record's key."""
        return self.ecg.record

    @property
    def measurements(self) -> Measurements:
        """id → Measurement."""
        return self.examination.measurements

    @property
    def quality(self) -> Quality:
        """How readable the record is."""
        return self.examination.quality

    @property
    def demographics(self) -> Demographics:
        """Age and sex, as the criteria need them."""
        return Demographics(age=self.ecg.patient.age, sex=self.ecg.patient.sex)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every statement evaluated on this ECG."""
        return evaluate(self.measurements, self.demographics)

    @cached_property
    def changes(self) -> tuple[Changes, ...]:
        """What changed against each prior, the nearest in date first.

        Raises:
            UsageError: a prior is another patient's, or synthetic.
        """
        return in_order(self._compared_with(one) for one in self.priors)

    def _compared_with(self, prior: Case) -> Changes:
        require_comparable(self.ecg, prior.ecg)
        limits = recording_limits(self.ecg, self.quality, prior.ecg, prior.quality)
        now = recording(self.ecg, self.examination, self.verdicts)
        return changes_between(now, recording(prior.ecg, prior.examination, prior.verdicts), limits)

    @cached_property
    def change_sentences(self) -> ChangeSentences | None:
        """What may be said of the nearest prior; None where there is none that can be compared."""
        from calipers.agent.comparison import ChangeSentences, comparable

        nearest = comparable(self.changes)
        if nearest is None:
            return None
        then = next(one for one in self.priors if one.record == nearest.prior_record)
        return ChangeSentences(nearest, self.verdicts, then.verdicts)

    @cached_property
    def probabilities(self) -> tuple[ModelProbability, ...]:
        """What the statement network gives each statement; empty where it cannot read the record."""
        from calipers.agent.probabilities import model_probabilities

        return model_probabilities(self.ecg)

    @cached_property
    def signal_tokens(self) -> NDArray[np.float32] | None:
        """(t, width) what the signal encoder makes of the first ten seconds; None where its weights are not there."""
        from calipers.models.mllm.encoder_input import encoder_input
        from calipers.models.mllm.encoder_tokens import encode

        first = encoder_input(self.ecg.signal_mv[:, : round(_SEEN_S * self.ecg.fs_hz)], self.ecg.fs_hz)
        try:
            tokens: NDArray[np.float32] = encode(first.signal_mv[None], first.present[None]).sequence[0]
        except MissingPart:
            return None
        return tokens

    @cached_property
    def page_tokens(self) -> NDArray[np.float32] | None:
        """(t, width) what the image encoder makes of the ECG's page; None where it cannot read it, or is not there."""
        from PIL import Image

        from calipers.models.mllm.image_encoder import encode_page
        from calipers.tools.render import render

        page = Image.open(BytesIO(render(self.ecg).data)).convert("RGB")
        try:
            return encode_page(np.asarray(page), layout="3x4+1").sequence
        except (MissingPart, UnreadableInput):
            return None

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What only the statement network finds, of the probabilities in the ledger."""
        from calipers.agent.suggestions import suggestions

        if not self.quality.assessable and self.ecg.source.unread is None:
            return ()
        return suggestions(self.verdicts, self.ledger.entered, self.demographics)

    def enter_probabilities(self) -> None:
        """Enter the probabilities in the ledger; of a long record they are entered only when asked for."""
        for item in self.probabilities:
            self.ledger.add(item)

    @cached_property
    def ledger(self) -> Ledger:
        """Measurements, the recorder's own values, the criteria as evaluated, the nearest prior, the probabilities."""
        from calipers.agent.comparison import prior_evidence
        from calipers.agent.drafting import device_evidence

        ledger = Ledger(self.record, self.measurements.held, self.measurements.beats)
        for device in device_evidence(self.ecg):
            ledger.add(device)
        for criterion in self.verdicts.ledger():
            ledger.add(criterion)
        if self.change_sentences is not None:
            for earlier in prior_evidence(self.change_sentences.changes):
                ledger.add(earlier)
        unread = self.ecg.source.unread is not None
        if self.examination.timeline is None and (self.quality.assessable or unread):
            for item in self.probabilities:
                ledger.add(item)
        return ledger
