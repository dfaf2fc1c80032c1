"""Public history that leaves ClickHouse for Parquet files, month by month.

series    which tables, and how their files are called and read
moving    one month: written, read back and compared, then moved so that nobody ever sees a row
          twice and a kill at any point loses none
"""
