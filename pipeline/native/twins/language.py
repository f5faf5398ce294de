"""fastText's own predictions: the twin of `src/language.c`."""

from __future__ import annotations


class LanguageModel:
    """fastText's language model; takes the bytes of a `.ftz` file.

    Raises ValueError for another kind of file; fastText does not notice a truncated one.
    """

    def __init__(self, data: bytes) -> None:
        # Imported here because the native module does without them.
        from tempfile import NamedTemporaryFile  # noqa: PLC0415

        import fasttext  # type: ignore[import-untyped]  # noqa: PLC0415

        if not data:
            raise ValueError("this is no whole model like lid.176.ftz")
        with NamedTemporaryFile() as file:  # fastText reads files only
            file.write(data)
            file.flush()
            try:
                self._model = fasttext.load_model(file.name)
            except ValueError as error:
                raise ValueError("this is no whole model like lid.176.ftz") from error

    def predict(self, text: str) -> tuple[str | None, float]:
        """Returns (code of the most likely language or None, score 0 to some 1.00005) of a text.

        Line breaks are white space.
        """
        line = text.replace("\n", " ").encode("utf-8", "replace").decode()
        labels, scores = self._model.predict(line)
        if not labels:
            return None, 0.0
        return labels[0].removeprefix("__label__"), float(scores[0])
