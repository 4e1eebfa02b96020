"""Sample data: sentences in nine languages, made by grammars, for trying the tool offline."""

from isogloss.data.sample.source import SAMPLE_NOTICE, SampleSource, raw_text
from isogloss.study.data import SAMPLE_VERSION

__all__ = ["SAMPLE_NOTICE", "SAMPLE_VERSION", "SampleSource", "raw_text"]
