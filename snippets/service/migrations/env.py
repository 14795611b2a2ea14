"""Where Alembic begins: run the migrations on the connection it was given."""

from alembic import context

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    # Python would begin a transaction only before the first INSERT: a server
    # that is killed before that would leave a table behind.
    connection.exec_driver_sql("BEGIN")
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
