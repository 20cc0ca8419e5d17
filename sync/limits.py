"""The limits of the wire contract. `GET /api/sync/limits` tells clients the ones that they need."""

MAX_RECORDS = 1_000
MAX_BODY_BYTES = 10 * 1024 * 1024  # counted after inflating
MAX_RECORD_BYTES = 256 * 1024  # as sent
MIN_SYNC_INTERVAL_SECONDS = 60
MAX_BROWSERS = 100  # of each kind

CHANGES = 500  # on a page of the feed where no limit is asked for
MAX_CHANGES = 1_000
MAX_CHANGES_BYTES = 10 * 1024 * 1024  # a page ends after the change with which it reaches this size

MAX_ID = 128
MAX_URL = 8_192
MAX_TITLE = 1_024
MAX_DOMAIN = 253
MAX_CATEGORY = 64
MAX_CLIENT_ID = 64
MAX_CLIENT_TEXT = 64  # of what a browser tells of itself
IMPORT_PREFIX = "import:"  # begins the anonymousClientId of an import: import:<family> or import:<family>:<label>
PROGRAM_PREFIX = "token:"  # begins the anonymousClientId of the browser that a personal token pushes to
MAX_LABEL = 64  # of the name that a person gives a browser
MAX_IDLE_PERIODS = 1_000
MAX_IDLE_REASON = 64
MAX_DOMAIN_DURATIONS = 1_000
MAX_METADATA_BYTES = 32 * 1024  # of compact JSON

EARLIEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z
CLOCK_LEEWAY_MS = 24 * 3600 * 1000
WRONG_CLOCK_MS = 30 * 24 * 3600 * 1000  # a wrong clock may explain an instant this far ahead
MAX_DURATION_MS = 87_660 * 3600 * 1000  # ten years of 365.25 days
MAX_INTEGER = 2**63 - 1
MAX_REVISION = 2**53 - 1

MAX_ERASURE_IDS = 1_000
MAX_ERASURES = 10_000  # rules of a person; each push of old records is judged by all of them
MAX_ERASURE_BYTES = 512 * 1024  # of the body of an erasure

BATCH_KEPT_DAYS = 30
BATCH_ERRORS_KEPT = 20
