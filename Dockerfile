# One image for every process: web, worker, beat, sweep and commands; docker-compose.yml starts them.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static ATTACHMENTS_DIR=/srv/attachments

# The system's libmagic knows newer formats than the one in the wheel
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmagic1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin fidelizacion

WORKDIR /app
COPY requirements/production.txt requirements/production.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/production.txt

COPY manage.py gunicorn.conf.py pyproject.toml ./
COPY fidelizacion fidelizacion
COPY companies companies
COPY otp otp
COPY tickets tickets
COPY notifications notifications
COPY staff staff
COPY attachments attachments
COPY audit audit
COPY brand brand
COPY desk desk
COPY jobs jobs
COPY operations operations
COPY portal portal
COPY templates templates
COPY static static
COPY locale locale

# COPY keeps the file modes of the clone. With umask 077 only the owner could read them, and the
# processes run as another user.
RUN chmod -R u=rwX,go=rX /app \
    && python manage.py collectstatic --no-input \
    && install --directory --owner fidelizacion --mode 0700 /srv/attachments

USER fidelizacion
EXPOSE 8000
ENV WEB_BIND=0.0.0.0:8000
CMD ["gunicorn", "fidelizacion.wsgi"]
