from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers, get_channel_layer
from django.db import connections

from gateway.edge.runtime import Runtime
from tests.gateway.edge.runtimes import METER, RECORDS, runtime_config


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    config = runtime_config(folder=tmp_path, services=True)
    runtime = await Runtime.start(config, meter=METER, records=RECORDS, flush=lambda: None)
    yield runtime
    await get_channel_layer().flush()
    channel_layers.backends = {}
    await runtime.stop()
    # Channels' test client keeps the connections of its threads open.
    await sync_to_async(connections.close_all)()
