"""Thin wrappers: Celery calls a service."""

from celery import shared_task

from gateway.publish import publisher


@shared_task
def compile_configuration() -> None:
    publisher().compile_pending()
