"""The database: tables, migrations, and modules of functions that take a connection. Only this floor knows SQL."""
