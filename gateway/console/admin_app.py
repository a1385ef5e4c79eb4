from django.contrib.admin.apps import AdminConfig


class SuperadminConfig(AdminConfig):
    default_site = "gateway.console.admin_site.SuperadminSite"
