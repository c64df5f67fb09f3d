"""The whole project as one document: read whole, saved by its differences.

What the document has no place for (beats, cast, props, styles, tone …) survives every save.
"""

from scenes.services.documents.check import check_document
from scenes.services.documents.head import Head, get_head
from scenes.services.documents.read import read_document
from scenes.services.documents.save import save_document

__all__ = ["Head", "check_document", "get_head", "read_document", "save_document"]
