"""Placeholder."""


class ImageAgreementTask:
    """Placeholder."""
