"""Log lines as JSON, one object a line.

Only the message, the logger, what a caller puts under `extra=` and a traceback come out. No
personal data goes into any of them: ids and codes only. PostgreSQL's DETAIL lines quote values and
are left out.
"""

import json
import logging
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "request", "taskName"}


class JsonFormatter(logging.Formatter):
    """{"at", "level", "logger", "message", ...extra, "exception"?}"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            text = self.formatException(record.exc_info)
            line["exception"] = "\n".join(
                row for row in text.splitlines() if not row.startswith("DETAIL:")
            )
        return json.dumps(line, ensure_ascii=False, default=str)
