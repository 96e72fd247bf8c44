"""`image_agreement`: what the signal says against what its rendered page says."""

from calipers.evals.image_agreement.task import ImageAgreementTask

__all__ = ["ImageAgreementTask"]
