from billing.models.ledger import LedgerAccount, LedgerClosing, LedgerTransfer
from billing.models.progress import DirtyWindow, SpoolProgress
from billing.models.records import CostRecord

__all__ = [
    "CostRecord",
    "DirtyWindow",
    "LedgerAccount",
    "LedgerClosing",
    "LedgerTransfer",
    "SpoolProgress",
]
