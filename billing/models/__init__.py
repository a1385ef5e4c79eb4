from billing.models.ledger import LedgerAccount, LedgerClosing, LedgerTransfer, LedgerTransferRow
from billing.models.progress import DirtyWindow, SpoolProgress
from billing.models.records import CostRecord, CostRecordRow

__all__ = [
    "CostRecord",
    "CostRecordRow",
    "DirtyWindow",
    "LedgerAccount",
    "LedgerClosing",
    "LedgerTransfer",
    "LedgerTransferRow",
    "SpoolProgress",
]
