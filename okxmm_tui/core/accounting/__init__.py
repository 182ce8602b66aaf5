"""Books of account and trading quality: pure and incremental; money in ``Decimal``, floats for statistics."""
