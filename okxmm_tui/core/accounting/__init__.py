"""Books of account and trading quality: pure, incremental, money in ``Decimal``, floats for statistics only."""
