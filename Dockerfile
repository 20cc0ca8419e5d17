FROM python:3.11-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN python manage.py collectstatic --noinput && useradd --system syncserver
USER syncserver
EXPOSE 8000
CMD ["sh", "-c", "python manage.py migrate --noinput && exec gunicorn syncserver.wsgi"]
