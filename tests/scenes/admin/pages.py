"""Working the admin's pages as a person does: open one, change some fields, save; act on rows."""

from django.contrib.messages import get_messages
from django.urls import reverse


def page_of(row, page="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def list_of(model, page="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def typed(answer, **over):
    """Give what the form of an opened page would send, with some fields typed over."""
    form = answer.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else value for name, value in values.items()}
    return {name: value for name, value in {**sent, **over}.items() if value is not False}


def save(client, row, **over):
    page = page_of(row)
    return client.post(page, typed(client.get(page), **over))


def add(client, model, **over):
    page = list_of(model, "add")
    return client.post(page, typed(client.get(page), **over))


def act(client, name, *rows, **more):
    keys = [str(row.pk) for row in rows]
    sent = {"action": name, "_selected_action": keys, **more}
    return client.post(list_of(type(rows[0])), sent)


def said(answer):
    """Give what this answer tells the person, without what is still unread from before."""
    return [str(message) for message in get_messages(answer.wsgi_request)._queued_messages]


def errors(answer):
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors
